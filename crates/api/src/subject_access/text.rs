//! Times and days as the subject access service shows them to people: in English, in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// "3 February 2031, 4:05:06 am".
pub(super) fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %-I:%M:%S %P").to_string()
}

/// "3 February 2031".
pub(super) fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// A text that is never null.
pub(super) fn or_empty(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_for_people() {
        let written = |at: &str| time(at.parse().expect("an instant"));
        assert_eq!(written("2031-02-03T04:05:06.789Z"), "3 February 2031, 4:05:06 am");
        assert_eq!(written("2023-01-31T19:57:27Z"), "31 January 2023, 7:57:27 pm");
        assert_eq!(written("2023-07-01T00:00:00Z"), "1 July 2023, 12:00:00 am");
        assert_eq!(day(jiff::civil::date(2031, 2, 3)), "3 February 2031");
    }
}
