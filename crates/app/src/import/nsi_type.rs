//! The type under which Delius files the activity of a contract, by the contract's type. A code that is not in the
//! table has no type: its contracts cannot be published until somebody adds it here, after asking those who keep Delius.

/// The codes of each type.
const CODES: [(&str, &[&str]); 8] = [
    ("CRS01", &["ACC"]),
    ("CRS02", &["ETE"]),
    ("CRS03", &["MTR"]),
    ("CRS04", &["DNR", "DNR-K", "DNR-L", "DNR-NE", "DNR-NEN", "DNR-SC", "DNR-SW", "DNR-SY", "DNR-WM", "DNR-Y"]),
    ("CRS05", &["PWB"]),
    ("CRS06", &["WOS"]),
    ("CRS07", &["WSM"]),
    (
        "CRS08",
        &[
            "FBD-B", "FBD-BU", "FBD-EM", "FBD-L", "FBD-M", "FBD-NE", "FBD-NW", "FBD-R", "FBD-SA", "FBD-SC", "FBD-SP",
            "FBD-SW", "FBD-TA", "FBD-TR", "FBD-W", "FBD-WI", "FBD-WM", "FBD-Y",
        ],
    ),
];

/// The Delius type of a contract type.
pub(super) fn of(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(_, codes)| codes.contains(&code)).map(|(nsi_type, _)| *nsi_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_codes_have_a_type() {
        assert_eq!(of("DNR-NEN"), Some("CRS04"));
        assert_eq!(of("FBD-O"), None, "no published mapping knows it");
        assert_eq!(of("FBD"), None, "a prefix is no code");
    }
}
