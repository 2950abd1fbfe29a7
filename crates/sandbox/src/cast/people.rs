//! The invented names and particulars that the cases draw from, one row a person.

/// First name, last name, date of birth (year, month, day), gender, ethnicity, preferred language, religion.
pub(super) type Row =
    (&'static str, &'static str, (i16, i8, i8), &'static str, &'static str, &'static str, &'static str);

/// The forty people of the cast, in the order of their case numbers.
pub(super) static CAST: [Row; 40] = [
    ("Alder", "Finchley", (1985, 3, 14), "Male", "White: British", "English", "None"),
    ("Bryony", "Tamworth", (1991, 7, 2), "Female", "Mixed: White and Asian", "English", "Christian"),
    ("Cormac", "Eldridge", (1978, 11, 23), "Male", "White: Irish", "English", "Christian"),
    ("Dilan", "Moorcroft", (1996, 1, 9), "Male", "Asian: Pakistani", "Urdu", "Muslim"),
    ("Esme", "Wakefield", (1989, 5, 30), "Female", "White: British", "English", "None"),
    ("Farrell", "Oakhurst", (1982, 9, 17), "Male", "Black: Caribbean", "English", "Christian"),
    ("Greer", "Satterthwaite", (1999, 12, 5), "Female", "White: British", "Welsh", "None"),
    ("Hadrian", "Pellow", (1974, 4, 21), "Male", "White: British", "English", "None"),
    ("Isolde", "Burnaby", (1993, 8, 11), "Female", "Black: African", "French", "Christian"),
    ("Jarek", "Whitlow", (1987, 2, 26), "Male", "White: Other", "Polish", "Christian"),
    ("Keziah", "Longden", (1990, 10, 3), "Female", "Black: Caribbean", "English", "Christian"),
    ("Lorcan", "Hathersage", (1980, 6, 19), "Male", "White: Irish", "English", "None"),
    ("Merrin", "Asquith", (1997, 3, 8), "Female", "White: British", "English", "Buddhist"),
    ("Nadir", "Colebrook", (1984, 12, 28), "Male", "Asian: Bangladeshi", "Bengali", "Muslim"),
    ("Oonagh", "Trevelyan", (1976, 7, 15), "Female", "White: British", "English", "None"),
    ("Piran", "Goodacre", (1995, 5, 4), "Male", "White: British", "English", "None"),
    ("Quilla", "Ravensworth", (1988, 1, 20), "Female", "Mixed: White and Black Caribbean", "English", "None"),
    ("Rafe", "Haddington", (1981, 11, 9), "Male", "White: British", "English", "Jewish"),
    ("Sorrel", "Kingsnorth", (1992, 9, 25), "Female", "White: British", "English", "None"),
    ("Tariq", "Ellerton", (1986, 4, 13), "Male", "Asian: Indian", "Punjabi", "Sikh"),
    ("Una", "Blackthorn", (1979, 8, 7), "Female", "White: British", "English", "Christian"),
    ("Viggo", "Lanyon", (1994, 2, 18), "Male", "White: Other", "Danish", "None"),
    ("Willa", "Cranbrook", (1998, 6, 1), "Female", "White: British", "English", "None"),
    ("Xander", "Mallory", (1983, 10, 29), "Male", "White: British", "English", "None"),
    ("Ysolt", "Pemberton", (1975, 3, 22), "Female", "White: British", "English", "Christian"),
    ("Zeke", "Thackeray", (1990, 12, 16), "Male", "Black: African", "English", "Christian"),
    ("Anneke", "Dovedale", (1987, 5, 11), "Female", "White: Other", "Dutch", "None"),
    ("Brannock", "Sedgwick", (1993, 1, 31), "Male", "White: British", "English", "None"),
    ("Clio", "Varley", (1996, 9, 6), "Female", "Mixed: Other", "English", "None"),
    ("Dorian", "Ickworth", (1977, 7, 27), "Male", "White: British", "English", "None"),
    ("Elowen", "Massingham", (1991, 4, 2), "Female", "White: British", "English", "Pagan"),
    ("Florian", "Netherby", (1985, 11, 14), "Male", "White: Other", "German", "Christian"),
    ("Ginevra", "Stokesay", (1982, 8, 23), "Female", "White: Other", "Italian", "Christian"),
    ("Huw", "Ormerod", (1989, 2, 10), "Male", "White: British", "Welsh", "None"),
    ("Imogen", "Cutteslowe", (1995, 10, 20), "Female", "White: British", "English", "None"),
    ("Jago", "Farnborough", (1980, 6, 5), "Male", "White: British", "English", "None"),
    ("Kerensa", "Wolvercote", (1998, 3, 29), "Female", "White: British", "English", "None"),
    ("Lucan", "Bellingham", (1986, 12, 1), "Male", "White: British", "English", "None"),
    ("Morwenna", "Tidmarsh", (1992, 5, 17), "Female", "White: British", "English", "Christian"),
    ("Niall", "Appledore", (1978, 9, 12), "Male", "White: Irish", "English", "Christian"),
];

/// The further people who each show one awkward fact, in the order of their case numbers.
pub(super) static AWKWARD: [Row; 10] = [
    ("Orla", "Quickfall", (1990, 1, 15), "Female", "White: British", "English", "None"),
    ("Perrin", "Strand", (1984, 2, 14), "Male", "White: British", "English", "None"),
    ("Quentin", "Marlpit", (1979, 3, 13), "Male", "White: British", "English", "None"),
    ("Rowena", "Gatehouse", (1993, 4, 12), "Female", "White: British", "English", "None"),
    ("Stellan", "Hurst", (1988, 5, 11), "Male", "White: Other", "Swedish", "None"),
    ("Thora", "Lidgate", (1982, 6, 10), "Female", "White: British", "English", "None"),
    ("Ulric", "Wainfleet", (1975, 7, 9), "Male", "White: British", "English", "None"),
    ("Verity", "Sandbach", (1996, 8, 8), "Female", "White: British", "English", "None"),
    ("Wystan", "Colne", (1991, 9, 7), "Male", "White: British", "English", "None"),
    ("Yrsa", "Ditchling", (1987, 10, 6), "Female", "White: British", "English", "None"),
];
