//! Forms of what the registers hold as text: postcodes at the end of an address, and addresses on GOV.UK.

use url::{Host, Url};

/// Whether an address in one line ends with a postcode that can be one.
pub(super) fn ends_with_postcode(address: &str) -> bool {
    let mut words =
        address.rsplit(|letter: char| letter.is_whitespace() || letter == ',').filter(|word| !word.is_empty());
    let (Some(inward), Some(outward)) = (words.next(), words.next()) else { return false };
    is_inward(inward) && is_outward(outward)
}

/// The second half: a digit and two letters.
fn is_inward(text: &str) -> bool {
    matches!(text.as_bytes(), [digit, letters @ ..]
        if digit.is_ascii_digit() && letters.len() == 2 && letters.iter().all(u8::is_ascii_uppercase))
}

/// The first half: one or two letters, a digit, and perhaps one more of either.
fn is_outward(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let rest = &text.as_bytes()[letters..];
    (1..=2).contains(&letters)
        && match rest {
            [digit] => digit.is_ascii_digit(),
            [digit, last] => digit.is_ascii_digit() && (last.is_ascii_digit() || last.is_ascii_uppercase()),
            _ => false,
        }
}

/// Whether this is the address of a page on GOV.UK.
pub(super) fn is_on_gov_uk(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let is_gov_uk = |host: &str| host == "gov.uk" || host.ends_with(".gov.uk");
    url.scheme() == "https"
        && matches!(url.host(), Some(Host::Domain(host)) if is_gov_uk(host))
        && url.username().is_empty()
        && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postcodes_have_two_halves() {
        for good in ["1 Quay, Town, ZZ1 1AB", "Unit 2 M6 6PF", "401 Street, EC1V 4RW", "A – B, ZZ33 0LQ"] {
            assert!(ends_with_postcode(good), "{good}");
        }
        for bad in ["", "ZZ1", "Town", "Town, ZZ1 1A", "Town, ZZ11AB", "Town, Z 1AB", "Town, zz1 1ab", "Town, ZZZ1 1AB"]
        {
            assert!(!ends_with_postcode(bad), "{bad}");
        }
    }

    #[test]
    fn pages_are_on_gov_uk() {
        assert!(is_on_gov_uk("https://www.gov.uk/guidance/an-office"));
        for bad in [
            "",
            "www.gov.uk/x",
            "http://www.gov.uk/x",
            "https://gov.uk.example/x",
            "https://notgov.uk/",
            "https://u@gov.uk/",
        ] {
            assert!(!is_on_gov_uk(bad), "{bad}");
        }
    }
}
