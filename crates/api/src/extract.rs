//! What handlers take from a request, with our own answers when it is not there: path ids, query values, JSON bodies,
//! the address that the caller used.

use std::cell::RefCell;

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::body::{self, Object, formed_schema, number_schema, parse_date, parse_uuid, text_schema};
use crate::error::Failure;

/// The largest body that is read, in bytes; the longest texts of a draft stay well below it.
pub(crate) const BODY_MAX: usize = 1024 * 1024;

/// A value of the path.
pub(crate) trait PathValue: Sized {
    /// What the value must be, for the answer when it is not.
    const MUST_BE: &'static str;

    /// Reads the decoded text.
    fn parse(text: &str) -> Option<Self>;

    /// The JSON schema of the text.
    fn schema() -> Value;
}

macro_rules! id_path_values {
    ($($id:ident),+ $(,)?) => {$(
        impl PathValue for domain::$id {
            const MUST_BE: &'static str = "a UUID";

            fn parse(text: &str) -> Option<Self> {
                parse_uuid(text).map(Self)
            }

            fn schema() -> Value {
                formed_schema("uuid")
            }
        }
    )+};
}

id_path_values!(
    ReferralId,
    InterventionId,
    ServiceCategoryId,
    SupplierAssessmentId,
    AppointmentId,
    ActionPlanId,
    ActivityId,
    EndOfServiceReportId,
    CaseNoteId,
    ChangeLogId,
);

/// The number of a delivery session. A number that no session can have is read as zero, which none has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionNumber(pub(crate) u32);

impl PathValue for SessionNumber {
    const MUST_BE: &'static str = "a whole number";

    fn parse(text: &str) -> Option<Self> {
        text.parse::<i32>().ok().map(|number| Self(u32::try_from(number).unwrap_or(0)))
    }

    fn schema() -> Value {
        number_schema("int32", i32::MIN, i32::MAX)
    }
}

impl PathValue for String {
    const MUST_BE: &'static str = "text";

    fn parse(text: &str) -> Option<Self> {
        (!text.contains('\0')).then(|| text.to_owned())
    }

    fn schema() -> Value {
        text_schema()
    }
}

/// The one value of the path.
pub(crate) struct Id<A>(pub(crate) A);

/// The two values of the path, in order.
pub(crate) struct Ids<A, B>(pub(crate) A, pub(crate) B);

async fn path_values<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Vec<(String, String)>, Failure> {
    let params = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| Failure::invalid_parameter("the address cannot be read"))?;
    Ok(params.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
}

fn path_value<A: PathValue>(values: &[(String, String)], index: usize) -> Result<A, Failure> {
    let (name, text) = values.get(index).ok_or_else(Failure::unexpected)?;
    A::parse(text).ok_or_else(|| Failure::invalid_parameter(format!("{name} must be {}", A::MUST_BE)))
}

impl<A: PathValue, S: Send + Sync> FromRequestParts<S> for Id<A> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let values = path_values(parts, state).await?;
        Ok(Self(path_value(&values, 0)?))
    }
}

impl<A: PathValue, B: PathValue, S: Send + Sync> FromRequestParts<S> for Ids<A, B> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let values = path_values(parts, state).await?;
        Ok(Self(path_value(&values, 0)?, path_value(&values, 1)?))
    }
}

/// A value of the query, as the description shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueryValue {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its JSON schema.
    pub(crate) schema: Value,
    /// Whether it must be there.
    pub(crate) is_required: bool,
    /// Whether a list is written by repeating the name; otherwise with commas.
    pub(crate) is_repeated: bool,
}

/// The values of the query, decoded, in order; unknown names are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params {
    values: Vec<(String, String)>,
    asked: Option<RefCell<Vec<QueryValue>>>,
}

/// A shape made of values of the query.
pub(crate) trait QueryShape: Sized {
    /// Reads every value. With nothing in the query, which is how a shape is described, only a required value may end
    /// the reading, and comes last.
    fn read(params: &Params) -> Result<Self, Failure>;
}

/// Every value that a shape asks for.
pub(crate) fn describe_query<T: QueryShape>() -> Vec<QueryValue> {
    let params = Params { values: Vec::new(), asked: Some(RefCell::default()) };
    let _nothing_to_read = T::read(&params);
    params.asked.map(RefCell::into_inner).unwrap_or_default()
}

impl Params {
    /// Reads a query string.
    pub(crate) fn parse(query: &str) -> Result<Self, Failure> {
        let values = serde_urlencoded::from_str(query);
        let values = values.map_err(|_| Failure::invalid_parameter("the query cannot be read"))?;
        Ok(Self { values, asked: None })
    }

    /// Writes down a value that is asked for, when a shape is described.
    pub(crate) fn ask(&self, name: &'static str, schema: impl FnOnce() -> Value) {
        self.note(name, schema, false, true);
    }

    fn note(&self, name: &'static str, schema: impl FnOnce() -> Value, is_required: bool, is_repeated: bool) {
        if let Some(asked) = &self.asked {
            asked.borrow_mut().push(QueryValue { name, schema: schema(), is_required, is_repeated });
        }
    }

    /// Every value of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first value of this name.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A text, empty or not; none when it is not there.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<String>, Failure> {
        self.ask(name, text_schema);
        match self.first(name) {
            Some(text) if text.contains('\0') => Err(Failure::invalid_parameter(format!("{name} must be text"))),
            other => Ok(other.map(str::to_owned)),
        }
    }

    /// True or false; none when it is not there or empty.
    pub(crate) fn boolean(&self, name: &'static str) -> Result<Option<bool>, Failure> {
        self.ask(name, || json!({ "type": "boolean" }));
        match self.first(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("") => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Failure::invalid_parameter(format!("{name} must be true or false"))),
        }
    }

    /// A whole number; none when it is not there or empty.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<i32>, Failure> {
        self.ask(name, || number_schema("int32", i32::MIN, i32::MAX));
        match self.first(name) {
            None | Some("") => Ok(None),
            Some(text) => {
                let number = text.parse().ok();
                number.map(Some).ok_or_else(|| Failure::invalid_parameter(format!("{name} must be a whole number")))
            }
        }
    }

    /// A day; none when it is not there or blank.
    pub(crate) fn day(&self, name: &'static str) -> Result<Option<Date>, Failure> {
        self.ask(name, || formed_schema("date"));
        match self.first(name).map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => parse_date(text)
                .map(Some)
                .ok_or_else(|| Failure::invalid_parameter(format!("{name} must be a date, written yyyy-MM-dd"))),
        }
    }

    /// An id that must be there.
    pub(crate) fn id<A: PathValue>(&self, name: &'static str) -> Result<A, Failure> {
        self.note(name, A::schema, true, true);
        let text = self.first(name).ok_or_else(|| Failure::invalid_parameter(format!("{name} is required")))?;
        A::parse(text).ok_or_else(|| Failure::invalid_parameter(format!("{name} must be {}", A::MUST_BE)))
    }

    /// A list: repeated, separated by commas, or both; empty entries are skipped.
    pub(crate) fn list(&self, name: &'static str) -> Result<Vec<String>, Failure> {
        self.note(name, || json!({ "type": "array", "items": text_schema() }), false, false);
        if self.all(name).any(|value| value.contains('\0')) {
            return Err(Failure::invalid_parameter(format!("{name} must be text")));
        }
        let items = self.all(name).flat_map(|value| value.split(',')).filter(|item| !item.is_empty());
        Ok(items.map(str::to_owned).collect())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

/// The bytes of a body, up to [`BODY_MAX`].
pub(crate) async fn whole_body(request: Request) -> Result<Bytes, Failure> {
    Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Failure::status(StatusCode::PAYLOAD_TOO_LARGE, format!("the body must not be longer than {BODY_MAX} bytes"))
        }
        _ => Failure::bad_request("the body could not be read to its end"),
    })
}

/// The values of the query, read into the shape that the operation takes.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: QueryShape, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        T::read(&Params::from_request_parts(parts, state).await?).map(Self)
    }
}

/// A JSON object, read into the shape that the operation takes.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: Object, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let media_type = request.headers().get(header::CONTENT_TYPE).cloned();
        let is_json = media_type.as_ref().map(|value| value.to_str().is_ok_and(is_json));
        let unsupported = || Failure::status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json");
        if is_json == Some(false) {
            return Err(unsupported());
        }
        let bytes = whole_body(request).await?;
        if bytes.is_empty() {
            return Err(Failure::bad_request("a JSON object is required as the body"));
        }
        if is_json.is_none() {
            return Err(unsupported());
        }
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            Failure::bad_request(format!(
                "the body is not JSON that can be read (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        let Value::Object(object) = value else {
            return Err(Failure::bad_request("the body must be a JSON object"));
        };
        body::read(&object).map(Self).map_err(|faults| {
            let message = format!("the request cannot be accepted: {faults}");
            Failure::validation(message, faults)
        })
    }
}

/// Whether a media type is JSON, its parameters left aside.
fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The address under which the caller reached us, for `Location`: from forwarded headers, else the host header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(String);

impl Origin {
    /// The absolute address of a path of ours.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    fn of(headers: &HeaderMap, authority: Option<&str>) -> Self {
        let first = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.split(',').next().unwrap_or_default().trim().to_owned()).filter(|text| !text.is_empty())
        };
        let standard = |key: &str| {
            let forwarded = first("forwarded")?;
            forwarded.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case(key).then(|| value.trim().trim_matches('"').to_owned())
            })
        };
        let scheme = standard("proto")
            .or_else(|| first("x-forwarded-proto"))
            .map(|scheme| scheme.to_ascii_lowercase())
            .filter(|scheme| scheme == "http" || scheme == "https")
            .unwrap_or_else(|| "http".to_owned());
        let forwarded_host = standard("host").or_else(|| first("x-forwarded-host"));
        let port = first("x-forwarded-port").filter(|port| port.parse::<u16>().is_ok());
        let host = forwarded_host
            .or_else(|| first("host"))
            .or_else(|| authority.map(str::to_owned))
            .filter(|host| host.parse::<axum::http::uri::Authority>().is_ok_and(|a| !a.as_str().contains('@')))
            .unwrap_or_else(|| "localhost".to_owned());
        let usual_port = if scheme == "https" { "443" } else { "80" };
        let host = match port {
            Some(port) => {
                let name =
                    host.rsplit_once(':').filter(|(_, end)| end.parse::<u16>().is_ok()).map_or(&*host, |at| at.0);
                if port == usual_port { name.to_owned() } else { format!("{name}:{port}") }
            }
            None => host,
        };
        let prefix = first("x-forwarded-prefix")
            .filter(|prefix| prefix.starts_with('/') && prefix.parse::<axum::http::Uri>().is_ok())
            .map(|prefix| prefix.trim_end_matches('/').to_owned())
            .unwrap_or_default();
        Self(format!("{scheme}://{host}{prefix}"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers, parts.uri.authority().map(axum::http::uri::Authority::as_str)))
    }
}
