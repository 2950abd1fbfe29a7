//! W3C trace context: what joins a user's click to the calls that follow from it, in this process and in others.
//!
//! Owns the one form of `traceparent` that we take and send (version 00, <https://www.w3.org/TR/trace-context/>), and
//! how a span continues one. Without an exporter ([`crate::telemetry`]) spans have no context of their own: then what
//! came in is passed on as it came.

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::Ids;

/// `00-` trace id `-` parent id `-` flags.
const LENGTH: usize = 55;

/// The `traceparent` in a text from outside; none where it is not one of version 00 with two ids that are not zero.
pub fn accept(text: &str) -> Option<String> {
    context(text).map(|_| text.to_owned())
}

/// A trace that nobody has begun before, and that says of itself that nobody records it.
pub fn fresh(ids: &Ids) -> String {
    // A random uuid is never zero; both parts keep enough random bits to be unique.
    let (trace, parent) = (ids.uuid().simple().to_string(), ids.uuid().simple().to_string());
    format!("00-{trace}-{}-00", &parent[..16])
}

/// Has a span continue a trace that began elsewhere, and answers with what calls made within the span are to carry:
/// the span's own context where traces are exported, else what came in.
pub fn begin(span: &Span, incoming: Option<String>) -> Option<String> {
    if let Some(context) = incoming.as_deref().and_then(context) {
        // Refused only for a span that is not recorded.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(context));
    }
    of(span).or(incoming)
}

/// What calls made within the current span are to carry; none where traces are not exported.
pub fn current() -> Option<String> {
    of(&Span::current())
}

fn of(span: &Span) -> Option<String> {
    let context = span.context();
    let found = context.span().span_context().clone();
    let sampled = u8::from(found.trace_flags().is_sampled());
    found.is_valid().then(|| format!("00-{}-{}-{sampled:02x}", found.trace_id(), found.span_id()))
}

fn context(text: &str) -> Option<SpanContext> {
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != LENGTH || !text.is_ascii() {
        return None;
    }
    let mut parts = text.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_whole = version == "00" && trace.len() == 32 && parent.len() == 16 && flags.len() == 2;
    if !is_whole || parts.next().is_some() || ![trace, parent, flags].into_iter().all(is_hex) {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(parent).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn only_the_form_that_the_standard_names_is_taken() {
        assert_eq!(accept(GOOD).as_deref(), Some(GOOD));
        for bad in [
            "",
            "00-1-2-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319cb-7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
            "-------------------------------------------------------",
        ] {
            assert_eq!(accept(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_fresh_one_is_acceptable_and_no_two_are_alike() {
        let ids = Ids::seeded(1);
        let (one, other) = (fresh(&ids), fresh(&ids));
        assert_eq!(accept(&one).as_ref(), Some(&one));
        assert_ne!(one, other);
    }

    #[test]
    fn without_an_exporter_what_came_in_is_passed_on() {
        let span = tracing::info_span!("request");
        assert_eq!(begin(&span, Some(GOOD.to_owned())).as_deref(), Some(GOOD));
        assert_eq!(begin(&span, None), None);
        assert_eq!(current(), None);
    }

    #[test]
    fn a_recorded_span_continues_the_trace_with_an_id_of_its_own() {
        use opentelemetry::trace::TracerProvider as _;
        use tracing_subscriber::layer::SubscriberExt as _;

        let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let span = tracing::info_span!("request");
            let carried = begin(&span, Some(GOOD.to_owned())).unwrap();
            assert_eq!(carried[..35], GOOD[..35]);
            assert_ne!(carried[36..52], GOOD[36..52]);
            let inner = span.in_scope(|| tracing::info_span!("call").in_scope(current)).unwrap();
            assert_eq!(inner[..35], GOOD[..35]);
            assert_ne!(inner, carried);
        });
    }
}
