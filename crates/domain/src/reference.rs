//! Referral reference numbers, such as `KQ2846AC`: what people read out on the telephone.

use rand::Rng;

/// A referral's reference number: two random letters (never I or O), four digits and the first two letters of the
/// contract type's name. Older rows may have another form. Unique among referrals (a constraint of the database).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferralReference(pub String);

impl ReferralReference {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Draws a reference number; the caller draws again when it is taken.
    pub fn draw(contract_type_name: &str, rng: &mut impl Rng) -> Self {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
        let suffix: String = contract_type_name
            .chars()
            .filter(char::is_ascii_alphabetic)
            .take(2)
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        loop {
            let first = char::from(LETTERS[rng.gen_range(0..LETTERS.len())]);
            let second = char::from(LETTERS[rng.gen_range(0..LETTERS.len())]);
            let text = format!("{first}{second}{:04}{suffix}", rng.gen_range(0..10_000));
            if !mixes_look_alikes(&text) {
                return Self(text);
            }
        }
    }

    /// Whether a search term is typed as a reference number: two capitals, four digits, two capitals.
    pub fn looks_like_one(text: &str) -> bool {
        let bytes = text.as_bytes();
        bytes.len() == 8
            && bytes[..2].iter().all(u8::is_ascii_uppercase)
            && bytes[2..6].iter().all(u8::is_ascii_digit)
            && bytes[6..].iter().all(u8::is_ascii_uppercase)
    }
}

/// Letters and digits that are easily taken for one another must not stand in one reference number.
fn mixes_look_alikes(text: &str) -> bool {
    [('0', 'O'), ('1', 'I'), ('5', 'S'), ('8', 'B')]
        .iter()
        .any(|(digit, letter)| text.contains(*digit) && text.contains(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    proptest! {
        #[test]
        fn every_drawn_number_is_well_formed(seed: u64) {
            for name in ["Accommodation", "Social Inclusion", "Women's Services"] {
                let drawn = ReferralReference::draw(name, &mut ChaCha20Rng::seed_from_u64(seed));
                prop_assert!(ReferralReference::looks_like_one(drawn.as_str()), "{:?}", drawn);
                prop_assert!(drawn.as_str().ends_with(&name[..2].to_uppercase()));
                prop_assert!(!drawn.as_str()[..2].contains(['I', 'O']));
                prop_assert!(!mixes_look_alikes(drawn.as_str()));
            }
        }
    }

    #[test]
    fn search_terms_must_be_typed_exactly() {
        assert!(ReferralReference::looks_like_one("KQ2846AC"));
        for other in ["kq2846ac", "KQ2846A", "KQ2846ACX", "K22846AC", "Alex River", "ÄQ2846A"] {
            assert!(!ReferralReference::looks_like_one(other), "{other}");
        }
    }
}
