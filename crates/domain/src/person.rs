//! The person on probation: identifiers and the particulars that were copied when the referral was drafted.

use std::fmt;

use jiff::civil::Date;

macro_rules! personal_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl $name {
            /// The text itself; never for a log, an address or a metric.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    };
}

personal_text! {
    /// Case reference number in Delius. Usually a letter and six digits; never parsed.
    Crn
}
personal_text! {
    /// Prison number.
    NomsNumber
}

impl Crn {
    /// Whether what was typed into a search is meant as one: a letter, in capitals or not, and six digits.
    pub fn looks_like_one(text: &str) -> bool {
        let bytes = text.as_bytes();
        bytes.len() == 7 && bytes[0].is_ascii_alphabetic() && bytes[1..].iter().all(u8::is_ascii_digit)
    }
}

/// What is known of the person; copied from Delius while drafting and never refreshed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PersonDetails {
    /// Mr, Ms and so on.
    pub title: Option<String>,
    /// First name, as received.
    pub first_name: Option<String>,
    /// Last name, as received.
    pub last_name: Option<String>,
    /// Date of birth.
    pub date_of_birth: Option<Date>,
    /// Gender, as Delius words it.
    pub gender: Option<String>,
    /// Ethnicity, as Delius words it.
    pub ethnicity: Option<String>,
    /// Preferred language.
    pub preferred_language: Option<String>,
    /// Religion or belief.
    pub religion_or_belief: Option<String>,
    /// Disabilities; absent when never asked.
    pub disabilities: Option<Vec<String>>,
}

impl fmt::Debug for PersonDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonDetails(***)")
    }
}

impl PersonDetails {
    /// First and last name, each lower-cased with a capital first letter: the form that e-mails use.
    pub fn full_name(&self) -> String {
        let part = |name: &Option<String>| capitalised(name.as_deref().unwrap_or_default());
        format!("{} {}", part(&self.first_name), part(&self.last_name)).trim().to_owned()
    }

    /// First and last name as received: the form that e-mails about amendments use.
    pub fn full_name_as_received(&self) -> String {
        let part = |name: &Option<String>| name.clone().unwrap_or_default();
        format!("{} {}", part(&self.first_name), part(&self.last_name)).trim().to_owned()
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_terms_are_case_numbers_by_their_shape() {
        assert!(Crn::looks_like_one("X100001") && Crn::looks_like_one("x100001"));
        for other in ["X10000", "X1000011", "XX10001", "1100001", "Alex Ri", "ÉX10001", ""] {
            assert!(!Crn::looks_like_one(other), "{other}");
        }
    }

    #[test]
    fn full_names_are_capitalised_and_debug_output_is_not_personal() {
        let details = PersonDetails {
            first_name: Some("ALEX".to_owned()),
            last_name: Some("o'river".to_owned()),
            ..PersonDetails::default()
        };
        assert_eq!(details.full_name(), "Alex O'river");
        assert_eq!(details.full_name_as_received(), "ALEX o'river");
        assert_eq!(format!("{details:?} {:?}", Crn("X100001".to_owned())), "PersonDetails(***) Crn(***)");
    }
}
