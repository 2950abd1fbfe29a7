//! How people's names are shown. They are stored as received, and often received in capitals.

/// A name with capitals where they belong. A name in mixed case is somebody's own spelling and stays.
pub(crate) fn part(name: &str) -> String {
    let name = name.trim();
    let is_mixed = name.chars().any(char::is_lowercase) && name.chars().any(char::is_uppercase);
    if is_mixed {
        return name.to_owned();
    }
    let mut shown = String::with_capacity(name.len());
    let mut at_start = true;
    for letter in name.chars() {
        if at_start {
            shown.extend(letter.to_uppercase());
        } else {
            shown.extend(letter.to_lowercase());
        }
        at_start = !letter.is_alphanumeric();
    }
    shown
}

/// First and last name; none when neither is known.
pub(crate) fn full(first: Option<&str>, last: Option<&str>) -> Option<String> {
    let parts: Vec<String> = [first, last].into_iter().flatten().map(part).filter(|shown| !shown.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Initial and surname, for the page header.
pub(crate) fn initial_and_surname(name: &str) -> String {
    let mut words = name.split_whitespace();
    match (words.next(), words.next_back()) {
        (Some(first), Some(last)) => {
            let initial: String = first.chars().take(1).flat_map(char::to_uppercase).collect();
            format!("{initial}. {}", part(last))
        }
        (Some(only), None) => part(only),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_go_where_they_belong() {
        for (stored, shown) in [
            ("RIVER", "River"),
            ("o'neill", "O'Neill"),
            ("SMITH-JONES", "Smith-Jones"),
            ("van der Berg", "van der Berg"),
            ("MacDonald", "MacDonald"),
            ("  ÉLODIE ", "Élodie"),
            ("", ""),
        ] {
            assert_eq!(part(stored), shown);
        }
    }

    #[test]
    fn whole_names_leave_out_what_is_not_known() {
        assert_eq!(full(Some("ALEX"), Some("RIVER")).as_deref(), Some("Alex River"));
        assert_eq!(full(None, Some("RIVER")).as_deref(), Some("River"));
        assert_eq!(full(Some(" "), None), None);
    }

    #[test]
    fn headers_show_an_initial() {
        assert_eq!(initial_and_surname("Bernard BEAKS"), "B. Beaks");
        assert_eq!(initial_and_surname("Ana Maria de Souza"), "A. Souza");
        assert_eq!(initial_and_surname("cher"), "Cher");
        assert_eq!(initial_and_surname(" "), "");
    }
}
