//! What the types of a handler say about its operation: what it takes and what it answers when all goes well.

use schemars::JsonSchema;
use serde_json::Value;

use super::schema::Schemas;
use crate::body::{Object, describe};
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::{Body, Id, Ids, Origin, PathValue, Query, QueryShape, QueryValue, describe_query};

/// What an operation takes and answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signature {
    /// The schemas of the path's values, in order.
    pub(crate) path: Vec<Value>,
    /// The values of the query.
    pub(crate) query: Vec<QueryValue>,
    /// The schema of the JSON body that it needs.
    pub(crate) body: Option<Value>,
    /// What it answers, errors that are errors everywhere left aside.
    pub(crate) replies: Vec<Reply>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: u16,
    /// Media type and schema of the body, if there is one.
    pub(crate) content: Option<(&'static str, Value)>,
    /// Whether the body may be left out.
    pub(crate) may_be_empty: bool,
    /// Whether `Location` says where it can be read.
    pub(crate) has_location: bool,
}

impl Reply {
    fn new(status: u16, content: Option<(&'static str, Value)>) -> Self {
        Self { status, content, may_be_empty: false, has_location: false }
    }

    /// JSON of this type.
    pub(crate) fn json<T: JsonSchema>(status: u16, schemas: &mut Schemas) -> Self {
        Self::new(status, Some(("application/json", schemas.of::<T>())))
    }

    /// Plain text.
    pub(crate) fn text(status: u16) -> Self {
        Self::new(status, Some(("text/plain", serde_json::json!({ "type": "string" }))))
    }

    /// Nothing.
    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, None)
    }

    /// The same, or nothing.
    pub(crate) fn or_empty(self) -> Self {
        Self { may_be_empty: true, ..self }
    }

    /// The same, with `Location`.
    pub(crate) fn with_location(self) -> Self {
        Self { has_location: true, ..self }
    }
}

/// What a handler takes from a request.
pub(crate) trait Input {
    /// Adds what it takes.
    fn add(signature: &mut Signature);
}

/// What a handler answers.
pub(crate) trait Output {
    /// Every answer that is its own.
    fn replies(schemas: &mut Schemas) -> Vec<Reply>;
}

/// A handler that its types describe; `D` is what it takes.
pub(crate) trait Described<D> {
    /// What it takes and answers.
    fn signature(schemas: &mut Schemas) -> Signature;
}

macro_rules! described_handlers {
    ($(($($input:ident),*))+) => {$(
        impl<F, A, O, $($input),*> Described<($($input,)*)> for F
        where
            F: Fn($($input),*) -> A,
            A: Future<Output = O>,
            O: Output,
            $($input: Input,)*
        {
            fn signature(schemas: &mut Schemas) -> Signature {
                let mut signature = Signature { replies: O::replies(schemas), ..Signature::default() };
                $($input::add(&mut signature);)*
                signature
            }
        }
    )+};
}

described_handlers!((I1)(I1, I2)(I1, I2, I3)(I1, I2, I3, I4));

impl<T: Output> Output for Result<T, Failure> {
    fn replies(schemas: &mut Schemas) -> Vec<Reply> {
        T::replies(schemas)
    }
}

macro_rules! inputs_of_no_note {
    ($($input:ty),+) => {$(
        impl Input for $input {
            fn add(_: &mut Signature) {}
        }
    )+};
}

inputs_of_no_note!(Caller, Origin, axum::http::Uri);

impl<A: PathValue> Input for Id<A> {
    fn add(signature: &mut Signature) {
        signature.path.push(A::schema());
    }
}

impl<A: PathValue, B: PathValue> Input for Ids<A, B> {
    fn add(signature: &mut Signature) {
        signature.path.extend([A::schema(), B::schema()]);
    }
}

impl<T: QueryShape> Input for Query<T> {
    fn add(signature: &mut Signature) {
        signature.query.extend(describe_query::<T>());
    }
}

impl<T: Object> Input for Body<T> {
    fn add(signature: &mut Signature) {
        signature.body = Some(describe::<T>());
    }
}
