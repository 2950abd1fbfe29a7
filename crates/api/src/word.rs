//! Members that hold one word of a closed set. The sets and their spellings are the domain's; here they learn to be
//! written as JSON and to say in the description which words there are.

use std::borrow::Cow;
use std::marker::PhantomData;

use domain::accommodation::AccommodationStatus;
use domain::amendment::Topic;
use domain::appointment::{DeliveryType, SessionType};
use domain::end_of_service_report::AchievementLevel;
use domain::ending::{ReferralStatus, WithdrawalState};
use domain::feedback::{Attended, NoSessionReason};
use domain::referral::LocationType;
use domain::{ErrorCode, FieldErrors};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::body::Member;

/// A closed set of words, as the wire spells them.
pub(crate) trait Spelled: Copy + 'static {
    /// The name of the set in the description.
    const NAME: &'static str;
    /// Every member.
    const ALL: &'static [Self];

    /// How this member is spelled.
    fn word(self) -> &'static str;

    /// The member with this spelling.
    fn of_word(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|member| member.word() == text)
    }
}

/// The schema of a set.
pub(crate) fn schema_of<E: Spelled>() -> Schema {
    let words: Vec<&str> = E::ALL.iter().map(|member| member.word()).collect();
    json_schema!({ "type": "string", "enum": words })
}

/// A member of a closed set, written as its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<E>(pub(crate) E);

impl<E: Spelled> Serialize for Word<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<E: Spelled> JsonSchema for Word<E> {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed(E::NAME)
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema_of::<E>()
    }
}

/// A text that names a member of a closed set. Whether it does is asked later, where an unknown one gets an answer of
/// its own.
pub(crate) struct Named<E>(String, PhantomData<E>);

impl<E: Spelled> Named<E> {
    /// The member, if there is one of this name.
    pub(crate) fn find(&self) -> Option<E> {
        E::of_word(&self.0)
    }
}

impl<E: Spelled> Member for Named<E> {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        String::read(value, path, faults).map(|text| Self(text, PhantomData))
    }

    fn schema() -> Value {
        schema_of::<E>().to_value()
    }
}

macro_rules! spelled_by_the_domain {
    ($($set:ty = $name:literal),+ $(,)?) => {$(
        impl Spelled for $set {
            const NAME: &'static str = $name;
            const ALL: &'static [Self] = <$set>::ALL;

            fn word(self) -> &'static str {
                self.as_str()
            }
        }
    )+};
}

spelled_by_the_domain!(
    ErrorCode = "ErrorCode",
    AccommodationStatus = "SASReferralStatus",
    Topic = "AmendTopic",
    DeliveryType = "AppointmentDeliveryType",
    SessionType = "AppointmentSessionType",
    AchievementLevel = "AchievementLevel",
    ReferralStatus = "ReferralStatus",
    WithdrawalState = "ReferralWithdrawalState",
    NoSessionReason = "NoSessionReasonType",
    LocationType = "PersonCurrentLocationType",
);

impl Spelled for Attended {
    const NAME: &'static str = "Attended";
    const ALL: &'static [Self] = Attended::ALL;

    /// In lower case, in both directions; the domain's own spelling is that of the database.
    fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Late => "late",
            Self::No => "no",
        }
    }
}
