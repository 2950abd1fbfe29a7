//! The names by which other systems know our records. A URN says alone that a record is ours and of which kind.

use std::fmt;
use std::str::FromStr;

use crate::{AppointmentId, ReferralId};

/// The text is not one of our URNs: wrong prefix, no canonical lower-case UUID, or something after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a URN of this kind")]
pub struct ParseUrnError;

macro_rules! urn {
    ($(#[$doc:meta])* $name:ident($id:ident) = $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(pub $id);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseUrnError;

            fn from_str(text: &str) -> Result<Self, ParseUrnError> {
                let uuid = text.strip_prefix($prefix).ok_or(ParseUrnError)?;
                let id: $id = uuid.parse().map_err(|_| ParseUrnError)?;
                if id.to_string() == uuid { Ok(Self(id)) } else { Err(ParseUrnError) }
            }
        }
    };
}

urn! {
    /// Ties a Delius activity (NSI) to our referral. Look-ups are by this and the CRN, never by the activity's type.
    ReferralUrn(ReferralId) = "urn:hmpps:interventions-referral:"
}
urn! {
    /// Ties a Delius contact to our appointment.
    AppointmentUrn(AppointmentId) = "urn:hmpps:interventions-appointment:"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn printing_and_parsing_are_inverse(bytes: [u8; 16]) {
            let urn = ReferralUrn(ReferralId(Uuid::from_bytes(bytes)));
            prop_assert_eq!(urn.to_string().parse(), Ok(urn));
        }

        #[test]
        fn what_parses_prints_the_same(text in "urn:hmpps:interventions-(referral|appointment):[0-9a-fA-F-]{32,36}.?") {
            if let Ok(urn) = text.parse::<AppointmentUrn>() {
                prop_assert_eq!(urn.to_string(), text);
            }
        }
    }

    #[test]
    fn only_the_canonical_form_is_ours() {
        let good = "urn:hmpps:interventions-referral:7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11";
        assert!(good.parse::<ReferralUrn>().is_ok());
        for bad in [
            "urn:hmpps:interventions-referral:7F3C1D52-6B0E-4C35-9A5D-2F1F8F0F2A11",
            "urn:hmpps:interventions-referral:7f3c1d526b0e4c359a5d2f1f8f0f2a11",
            "urn:hmpps:interventions-referral:7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11 ",
            "urn:hmpps:interventions-appointment:7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11",
            "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11",
        ] {
            assert_eq!(bad.parse::<ReferralUrn>(), Err(ParseUrnError), "{bad}");
        }
    }
}
