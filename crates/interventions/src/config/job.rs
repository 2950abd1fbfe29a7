//! The keys that say when jobs run, and how referrals are compared with what Delius holds.

use app::collection::Reconciliation;
use delivery::job::schedule::Schedule;
use jiff::SignedDuration;
use jiff::civil::{Time, time};
use runtime::config::{ConfigFault, Reader};

const RECONCILE_AT: &str = "RAM_JOB_RECONCILE_AT";
const RECONCILE_CRON: &str = "RAM_DELIUS_RECONCILE_CRON";
const RATE: &str = "RAM_DELIUS_RECONCILE_RATE";
const MOST: &str = "RAM_DELIUS_RECONCILE_MOST";
const ABOVE_ZERO: &str = "a number above zero";

pub(super) fn schedule(read: &mut Reader) -> Schedule {
    Schedule {
        conclude_referrals: time_of_day(read, "RAM_JOB_CONCLUDE_REFERRALS_AT", Some(time(0, 30, 0, 0))),
        delete_stale_drafts: time_of_day(read, "RAM_JOB_DELETE_STALE_DRAFTS_AT", Some(time(4, 0, 0, 0))),
        load_sentence_ends: time_of_day(read, "RAM_JOB_LOAD_SENTENCE_ENDS_AT", None),
        reconcile: reconcile(read),
    }
}

fn time_of_day(read: &mut Reader, key: &str, default: Option<Time>) -> Option<Time> {
    match read.optional(key).as_deref() {
        None => default,
        Some("off") => None,
        Some(text) => {
            let time = Time::strptime("%H:%M", text);
            if time.is_err() {
                read.fault(ConfigFault::Unreadable(key.to_owned(), "a time of day such as 04:00, or off"));
            }
            time.ok()
        }
    }
}

/// Either key may say when; jobs run daily, so a line for anything else is refused rather than run at another time.
fn reconcile(read: &mut Reader) -> Option<Time> {
    let default = Some(time(1, 0, 0, 0));
    let Some(line) = read.optional(RECONCILE_CRON) else { return time_of_day(read, RECONCILE_AT, default) };
    if read.optional(RECONCILE_AT).is_some() {
        let both = format!("{RECONCILE_AT} and {RECONCILE_CRON} both say when referrals are compared: set one of them");
        read.fault(ConfigFault::Contradiction(both));
    }
    let time = daily(&line);
    if time.is_none() {
        let expected = "a daily time such as 0 1 * * *, by London's clocks; RAM_JOB_RECONCILE_AT takes 01:00, or off";
        read.fault(ConfigFault::Unreadable(RECONCILE_CRON.to_owned(), expected));
    }
    time
}

/// The time of a cron line that means one time on every day.
fn daily(line: &str) -> Option<Time> {
    let parts: Vec<&str> = line.split_whitespace().collect();
    let [minute, hour, "*", "*", "*"] = parts.as_slice() else { return None };
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

pub(super) fn reconciliation(read: &mut Reader) -> Reconciliation {
    let default = Reconciliation::default();
    let most = read.parsed(MOST, ABOVE_ZERO).unwrap_or(default.most);
    if most == 0 {
        read.fault(ConfigFault::Unreadable(MOST.to_owned(), ABOVE_ZERO));
    }
    let calls_per_minute = match read.optional(RATE) {
        None => default.calls_per_minute,
        Some(text) => rate(&text).unwrap_or_else(|| {
            read.fault(ConfigFault::Unreadable(RATE.to_owned(), "a rate above zero, such as 5/s or 90/m"));
            default.calls_per_minute
        }),
    };
    let look_again = read.duration("RAM_DELIUS_LOOK_AGAIN", default.look_again.unsigned_abs());
    let look_again = SignedDuration::try_from(look_again).unwrap_or(default.look_again);
    Reconciliation { calls_per_minute, most, look_again, ..default }
}

/// Calls in a minute. A bare number is in a second.
fn rate(text: &str) -> Option<u32> {
    let (number, per_minute) = match text.split_once('/') {
        None => (text, 60),
        Some((number, "s")) => (number, 60),
        Some((number, "m")) => (number, 1),
        Some(_) => return None,
    };
    number.trim().parse::<u32>().ok()?.checked_mul(per_minute).filter(|calls| *calls > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::config::Key;

    const KEYS: &[Key] = &[Key { name: "RAM_<ANY>", default: "", note: "" }];

    fn read<T>(variables: &[(&str, &str)], what: impl FnOnce(&mut Reader) -> T) -> Result<T, String> {
        let mut reader = Reader::new(variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let value = what(&mut reader);
        reader.finish(KEYS, &[], &[]).map(|()| value).map_err(|error| error.to_string())
    }

    #[test]
    fn either_key_says_when_referrals_are_compared() {
        let at = |variables: &[(&str, &str)]| read(variables, |reader| schedule(reader).reconcile);
        assert_eq!(at(&[]), Ok(Some(time(1, 0, 0, 0))));
        assert_eq!(at(&[(RECONCILE_AT, "02:30")]), Ok(Some(time(2, 30, 0, 0))));
        assert_eq!(at(&[(RECONCILE_AT, "off")]), Ok(None));
        assert_eq!(at(&[(RECONCILE_CRON, "30 2 * * *")]), Ok(Some(time(2, 30, 0, 0))));
        for line in ["0 1 * * 1", "*/5 * * * *", "0 24 * * *", "0 1 * *", "@daily"] {
            let error = at(&[(RECONCILE_CRON, line)]).expect_err("refused");
            assert!(error.contains("RAM_DELIUS_RECONCILE_CRON is not a daily time"), "{line}: {error}");
            assert!(error.contains("RAM_JOB_RECONCILE_AT takes 01:00"), "{line}: {error}");
        }
        let error = at(&[(RECONCILE_CRON, "0 1 * * *"), (RECONCILE_AT, "02:00")]).expect_err("refused");
        assert!(error.contains("both say when"), "{error}");
    }

    #[test]
    fn a_rate_says_per_what() {
        let calls = |text| read(&[(RATE, text)], |reader| reconciliation(reader).calls_per_minute);
        for (text, expected) in [("5", 300), ("5/s", 300), ("90/m", 90), ("1/m", 1), (" 7 ", 420)] {
            assert_eq!(calls(text), Ok(expected), "{text}");
        }
        assert_eq!(read(&[], |reader| reconciliation(reader).calls_per_minute), Ok(300));
        for text in ["0", "0/s", "5/h", "5/", "/s", "five", "-1/s", "99999999999/s"] {
            let error = calls(text).expect_err("refused");
            assert!(error.contains("RAM_DELIUS_RECONCILE_RATE is not a rate"), "{text}: {error}");
        }
    }
}
