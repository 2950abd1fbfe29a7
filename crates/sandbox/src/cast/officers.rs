//! The Delius staff of the cast: who they are, which team they sit in, how they are reached.

/// A member of staff in Delius, with the team and delivery unit that they sit in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Officer {
    /// The staff code, 7 characters; one that ends in `U` stands for nobody.
    pub code: &'static str,
    /// First name.
    pub forename: &'static str,
    /// Last name.
    pub surname: &'static str,
    /// The username in the directory; `None` for unallocated staff.
    pub username: Option<&'static str>,
    /// The e-mail address that the staff directory holds.
    pub email: Option<&'static str>,
    /// The work telephone number.
    pub telephone: Option<&'static str>,
    /// The team code, 6 characters.
    pub team_code: &'static str,
    /// The team's name.
    pub team: &'static str,
    /// The team's e-mail address.
    pub team_email: Option<&'static str>,
    /// The team's telephone number.
    pub team_telephone: Option<&'static str>,
    /// The delivery unit's code.
    pub pdu_code: &'static str,
    /// The delivery unit's name.
    pub pdu: &'static str,
    /// The numeric id of the member of staff, as the legacy interface names it.
    pub staff_identifier: i64,
}

const HARBOURSIDE: Officer = Officer {
    code: "N91A001",
    forename: "Maya",
    surname: "Thornbury",
    username: Some("PRACTITIONER_1"),
    email: Some("practitioner.1@probation.example"),
    telephone: Some("01632 960101"),
    team_code: "N91HBS",
    team: "Harbourside community team",
    team_email: Some("harbourside.team@probation.example"),
    team_telephone: Some("01632 960100"),
    pdu_code: "N91EAST",
    pdu: "Eastern Coast",
    staff_identifier: 2_500_000_011,
};

static OFFICERS: [Officer; 5] = [
    HARBOURSIDE,
    Officer {
        code: "N91A002",
        forename: "Owen",
        surname: "Castleford",
        username: Some("PRACTITIONER_2"),
        email: Some("practitioner.2@probation.example"),
        telephone: Some("01632 960202"),
        team_code: "N91MLL",
        team: "Millbrook community team",
        team_email: Some("millbrook.team@probation.example"),
        team_telephone: Some("01632 960200"),
        pdu_code: "N91WEST",
        pdu: "Western Vale",
        staff_identifier: 2_500_000_012,
    },
    Officer {
        code: "N91A003",
        forename: "Ines",
        surname: "Halloway",
        username: Some("PRISON_PRACTITIONER"),
        email: Some("prison.practitioner@probation.example"),
        telephone: Some("01632 960303"),
        team_code: "N91OMU",
        team: "Saltmarsh offender management unit",
        team_email: None,
        team_telephone: None,
        pdu_code: "N91CUST",
        pdu: "Custody",
        staff_identifier: 2_500_000_013,
    },
    Officer {
        code: "N91A004",
        forename: "Bram",
        surname: "Coldstream",
        username: Some("PRACTITIONER_NO_EMAIL"),
        email: None,
        telephone: None,
        staff_identifier: 2_500_000_014,
        ..HARBOURSIDE
    },
    Officer {
        code: "N91HBSU",
        forename: "Unallocated",
        surname: "Staff",
        username: None,
        email: None,
        telephone: None,
        staff_identifier: 2_500_000_099,
        ..HARBOURSIDE
    },
];

/// Every officer.
pub fn officers() -> &'static [Officer] {
    &OFFICERS
}

/// The officer with that staff code.
pub fn officer(code: &str) -> Option<&'static Officer> {
    OFFICERS.iter().find(|officer| officer.code == code)
}
