//! Which build this is, as the build script found it out.

use api::Build;
use jiff::Timestamp;

/// This build: its version is the day on which it was made and, where known, the beginning of its commit.
pub(crate) fn this() -> Build {
    describe(env!("BUILD_SECONDS"), option_env!("BUILD_COMMIT"))
}

fn describe(seconds: &str, commit: Option<&str>) -> Build {
    let seconds = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let time = seconds.unwrap_or(Timestamp::UNIX_EPOCH);
    let commit = commit.filter(|id| !id.is_empty()).map(str::to_owned);
    let day = time.strftime("%Y-%m-%d");
    let release = env!("CARGO_PKG_VERSION");
    let version = match commit.as_deref().and_then(|id| id.get(..7)) {
        Some(short) => format!("{day}.{release}.{short}"),
        None => format!("{day}.{release}"),
    };
    Build { version, time, commit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_begins_with_the_day_and_ends_with_the_commit() {
        let made = describe("1795311391", Some("60031134f3b7dfd731c33dd529dbc060c4c6dcd1"));
        let release = env!("CARGO_PKG_VERSION");
        assert_eq!(made.version, format!("2026-11-22.{release}.6003113"));
        assert_eq!(made.time, Timestamp::from_second(1_795_311_391).expect("in range"));
        let outside_a_clone = describe("1795311391", Some(""));
        assert_eq!((outside_a_clone.version, outside_a_clone.commit), (format!("2026-11-22.{release}"), None));
    }

    #[test]
    fn this_build_knows_when_it_was_made() {
        assert!(this().time > Timestamp::UNIX_EPOCH);
    }
}
