//! The two kinds of cookies: the session's, and one for each sign-in under way. Both are out of reach of scripts and are
//! not sent along with other sites' requests, links to us apart.

use app::session::{SessionKey, SignInStart};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{self, HeaderMap, HeaderValue};
use runtime::Secret;

/// The session's cookie.
const SESSION: &str = "interventions-session";

/// Cookies of sign-ins under way begin with this; the beginning of the state follows, so that tabs do not disturb each
/// other.
const SIGN_IN: &str = "interventions-sign-in-";

/// How much of the state is in the name.
const STATE_IN_NAME: usize = 12;

/// How long a sign-in may take, in seconds.
const SIGN_IN_SECONDS: u32 = 900;

/// More sign-ins under way than this, and the others are forgotten: cookies have a limited space.
const SIGN_INS_MAX: usize = 8;

/// The longest address that is returned to, in characters.
const RETURN_MAX: usize = 1000;

/// Sets cookies as the site needs them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    /// Whether browsers reach us over HTTPS.
    pub(crate) is_https: bool,
}

/// A sign-in under way, as its cookie keeps it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SignInUnderWay {
    pub(crate) verifier: Secret,
    /// Where to go afterwards: a path of ours, with its query.
    pub(crate) back: String,
}

impl Cookies {
    fn cookie(self, name: &str, value: &str, seconds: Option<u32>) -> Option<HeaderValue> {
        let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let secure = if self.is_https { "; Secure" } else { "" };
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}")).ok()
    }

    /// Gives the browser its session.
    pub(crate) fn set_session(self, headers: &mut HeaderMap, key: &SessionKey) {
        append(headers, self.cookie(SESSION, &key.to_cookie(), None));
    }

    /// Takes the session from the browser.
    pub(crate) fn clear_session(self, headers: &mut HeaderMap) {
        append(headers, self.cookie(SESSION, "", Some(0)));
    }

    /// Remembers a sign-in that begins; `back` is where to go afterwards. Too many others are forgotten.
    pub(crate) fn remember_sign_in(
        self,
        headers: &mut HeaderMap,
        request: &HeaderMap,
        start: &SignInStart,
        back: &str,
    ) {
        let value = format!("{}.{}.{}", start.state, start.verifier.expose(), URL_SAFE_NO_PAD.encode(own_path(back)));
        let under_way: Vec<&str> =
            all(request).map(|(name, _)| name).filter(|name| name.starts_with(SIGN_IN)).collect();
        if under_way.len() >= SIGN_INS_MAX {
            for name in under_way {
                append(headers, self.cookie(name, "", Some(0)));
            }
        }
        append(headers, self.cookie(&sign_in_name(&start.state), &value, Some(SIGN_IN_SECONDS)));
    }

    /// Forgets a sign-in.
    pub(crate) fn forget_sign_in(self, headers: &mut HeaderMap, state: &str) {
        if state.bytes().all(is_plain) {
            append(headers, self.cookie(&sign_in_name(state), "", Some(0)));
        }
    }
}

/// The session that a request belongs to, as far as its cookie says.
pub(crate) fn session(request: &HeaderMap) -> Option<SessionKey> {
    all(request).find(|(name, _)| *name == SESSION).and_then(|(_, value)| SessionKey::from_cookie(value))
}

/// The sign-in that was begun in this browser with this state.
pub(crate) fn sign_in(request: &HeaderMap, state: &str) -> Option<SignInUnderWay> {
    let name = sign_in_name(state);
    let (_, value) = all(request).find(|(given, _)| *given == name)?;
    let mut parts = value.splitn(3, '.');
    let (begun, verifier, back) = (parts.next()?, parts.next()?, parts.next()?);
    if begun != state || state.is_empty() {
        return None;
    }
    let back = String::from_utf8(URL_SAFE_NO_PAD.decode(back).ok()?).ok()?;
    Some(SignInUnderWay { verifier: Secret::new(verifier), back: own_path(&back).to_owned() })
}

/// The address if it is a path of ours, else the home page: nobody is sent to another site.
pub(crate) fn own_path(address: &str) -> &str {
    let is_ours = address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains('\\')
        && address.len() <= RETURN_MAX
        && address.bytes().all(|byte| byte.is_ascii_graphic());
    if is_ours { address } else { "/" }
}

fn sign_in_name(state: &str) -> String {
    format!("{SIGN_IN}{}", state.chars().take(STATE_IN_NAME).collect::<String>())
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn all(request: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    request
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

fn append(headers: &mut HeaderMap, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(state: &str) -> SignInStart {
        SignInStart {
            url: url::Url::parse("https://sign-in.example/").unwrap(),
            state: state.to_owned(),
            verifier: Secret::new("the-verifier"),
        }
    }

    fn set(is_https: bool, state: &str, back: &str) -> String {
        let mut headers = HeaderMap::new();
        Cookies { is_https }.remember_sign_in(&mut headers, &HeaderMap::new(), &start(state), back);
        headers[header::SET_COOKIE].to_str().unwrap().to_owned()
    }

    fn sent(cookies: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let pairs: Vec<&str> = cookies.iter().filter_map(|cookie| cookie.split(';').next()).collect();
        headers.insert(header::COOKIE, HeaderValue::from_str(&pairs.join("; ")).unwrap());
        headers
    }

    #[test]
    fn a_sign_in_is_found_by_its_whole_state_only() {
        let (one, two) = (set(true, "state-of-tab-one", "/a?b=c"), set(true, "other-state-of-tab-two", "/"));
        let request = sent(&[&one, &two]);
        let found = sign_in(&request, "state-of-tab-one").unwrap();
        assert_eq!((found.verifier.expose(), found.back.as_str()), ("the-verifier", "/a?b=c"));
        assert_eq!(sign_in(&request, "other-state-of-tab-two").unwrap().back, "/");
        for wrong in ["state-of-tab-two", "state-of-tab-on", "", "unknown"] {
            assert_eq!(sign_in(&request, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn cookies_are_out_of_reach_of_scripts_and_of_other_sites() {
        for is_https in [true, false] {
            let cookie = set(is_https, "state", "/");
            for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=900"] {
                assert!(cookie.contains(part), "{cookie}");
            }
            assert_eq!(cookie.contains("; Secure"), is_https, "{cookie}");
        }
    }

    #[test]
    fn only_paths_of_ours_are_returned_to() {
        for good in ["/", "/crs-homepage", "/service-provider/dashboard?sort=a%2Cb&page=2"] {
            assert_eq!(own_path(good), good);
        }
        let long = format!("/{}", "a".repeat(RETURN_MAX));
        for bad in ["", "//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\r\nb", &long] {
            assert_eq!(own_path(bad), "/", "{bad}");
        }
        assert_eq!(sign_in(&sent(&[&set(true, "state", "//evil.example")]), "state").unwrap().back, "/");
    }

    #[test]
    fn too_many_sign_ins_under_way_are_forgotten() {
        let many: Vec<String> = (0..SIGN_INS_MAX).map(|number| set(true, &format!("{number}-state"), "/")).collect();
        let request = sent(&many.iter().map(String::as_str).collect::<Vec<_>>());
        let mut headers = HeaderMap::new();
        Cookies { is_https: true }.remember_sign_in(&mut headers, &request, &start("new"), "/");
        let cleared =
            headers.get_all(header::SET_COOKIE).iter().filter(|value| value.to_str().unwrap().contains("Max-Age=0"));
        assert_eq!(cleared.count(), SIGN_INS_MAX);
    }

    #[test]
    fn a_session_cookie_reads_back_and_a_foreign_value_is_none() {
        let key = SessionKey::from_cookie(&"A".repeat(43)).unwrap();
        let mut headers = HeaderMap::new();
        Cookies { is_https: true }.set_session(&mut headers, &key);
        let cookie = headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert_eq!(session(&sent(&[&cookie])), Some(key));
        assert_eq!(session(&sent(&["interventions-session=short"])), None);
        assert_eq!(session(&HeaderMap::new()), None);
    }
}
