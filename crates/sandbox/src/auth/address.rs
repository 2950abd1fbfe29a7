//! Where sign-in sends a browser back to: registered addresses alone, with two mercies that clients rely on.
//!
//! One trailing slash is tolerated. A registered address on this machine stands for every port of it, as RFC 8252
//! section 7.3 has it: a client under development may listen wherever there is room.

use url::{Host, Url};

/// Whether `uri` is registered for signing in.
pub(super) fn is_registered(registered: &[String], uri: &str) -> bool {
    registered.iter().any(|known| same(known, uri))
}

/// Whether one may return to `uri` after signing out: it is registered, or has the origin of a registered address.
pub(super) fn may_return_to(registered: &[String], uri: &str) -> bool {
    let same_origin = |known: &String| match (Url::parse(known), Url::parse(uri)) {
        (Ok(known), Ok(wished)) => known.origin() == wished.origin() || on_this_machine(&known, &wished),
        _ => false,
    };
    is_registered(registered, uri) || registered.iter().any(same_origin)
}

fn same(known: &str, uri: &str) -> bool {
    let bare = |uri: &str| uri.strip_suffix('/').unwrap_or(uri).to_owned();
    if bare(known) == bare(uri) {
        return true;
    }
    match (Url::parse(known), Url::parse(uri)) {
        (Ok(known), Ok(wished)) => {
            on_this_machine(&known, &wished)
                && bare(known.path()) == bare(wished.path())
                && known.query() == wished.query()
                && wished.fragment().is_none()
        }
        _ => false,
    }
}

/// Both are plain HTTP on one loopback name, whatever the port, and neither hides a user name.
fn on_this_machine(known: &Url, wished: &Url) -> bool {
    let is_loopback = match wished.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    is_loopback
        && known.host() == wished.host()
        && known.scheme() == "http"
        && wished.scheme() == "http"
        && wished.username().is_empty()
        && wished.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registered_addresses_take_a_code() {
        let registered = ["http://localhost:3000/sign-in/callback".to_owned(), "https://a.example/back".to_owned()];
        for good in [
            "http://localhost:3000/sign-in/callback",
            "http://localhost:3000/sign-in/callback/",
            "http://localhost:3001/sign-in/callback",
            "https://a.example/back",
        ] {
            assert!(is_registered(&registered, good), "{good}");
        }
        for bad in [
            "http://localhost:3001/elsewhere",
            "http://localhost:3001/sign-in/callback?next=elsewhere",
            "http://me@localhost:3001/sign-in/callback",
            "https://localhost:3001/sign-in/callback",
            "http://127.0.0.1:3000/sign-in/callback",
            "https://a.example:8443/back",
            "http://elsewhere.example/sign-in/callback",
            "",
        ] {
            assert!(!is_registered(&registered, bad), "{bad}");
        }
    }

    #[test]
    fn only_registered_addresses_and_their_origins_are_returned_to() {
        let registered = ["http://localhost:3000/sign-in/callback".to_owned()];
        for good in [
            "http://localhost:3000",
            "http://localhost:3000/",
            "http://localhost:3000/sign-in/callback/",
            "http://localhost:3001/",
        ] {
            assert!(may_return_to(&registered, good), "{good}");
        }
        for bad in ["https://localhost:3000/", "http://elsewhere.example", "//localhost:3000", ""] {
            assert!(!may_return_to(&registered, bad), "{bad}");
        }
    }
}
