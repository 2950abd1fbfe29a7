//! How dates and times are shown: London time, months by name, clocks of twelve hours.

use domain::calendar;
use jiff::Timestamp;
use jiff::civil::{Date, Time};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month(date: Date) -> &'static str {
    usize::try_from(date.month() - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or_default()
}

/// `5 June 2026`.
pub(crate) fn date(date: Date) -> String {
    format!("{} {} {}", date.day(), month(date), date.year())
}

/// `5 Jun 2026`, for tables.
pub(crate) fn short_date(date: Date) -> String {
    format!("{} {} {}", date.day(), &month(date)[..3], date.year())
}

/// The London day of an instant, as [`date`].
pub(crate) fn day(at: Timestamp) -> String {
    date(calendar::day_of(at))
}

/// The London day of an instant, as [`short_date`].
pub(crate) fn short_day(at: Timestamp) -> String {
    short_date(calendar::day_of(at))
}

/// `9:30am`, `2pm`, `midday`, `midnight`.
pub(crate) fn time(time: Time) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    match (hour, minute) {
        (0, 0) => return "midnight".to_owned(),
        (12, 0) => return "midday".to_owned(),
        _ => {}
    }
    let half = if hour < 12 { "am" } else { "pm" };
    let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    if minute == 0 { format!("{hour}{half}") } else { format!("{hour}:{minute:02}{half}") }
}

/// The London time of an instant, as [`time`].
pub(crate) fn clock(at: Timestamp) -> String {
    time(at.to_zoned(calendar::london()).time())
}

/// Whole years between a birthday and a day.
pub(crate) fn age(born: Date, on: Date) -> i16 {
    let had_birthday = (on.month(), on.day()) >= (born.month(), born.day());
    on.year() - born.year() - i16::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil;

    #[test]
    fn dates_name_their_month() {
        assert_eq!(date(civil::date(2026, 6, 5)), "5 June 2026");
        assert_eq!(short_date(civil::date(2026, 9, 15)), "15 Sep 2026");
    }

    #[test]
    fn instants_are_shown_in_london_time() {
        let at: Timestamp = "2026-06-30T23:30:00Z".parse().expect("an instant");
        assert_eq!((day(at).as_str(), clock(at).as_str()), ("1 July 2026", "12:30am"));
        let winter: Timestamp = "2026-12-01T14:05:00Z".parse().expect("an instant");
        assert_eq!((short_day(winter).as_str(), clock(winter).as_str()), ("1 Dec 2026", "2:05pm"));
    }

    #[test]
    fn hours_are_said_as_people_say_them() {
        for (hour, minute, said) in [
            (0, 0, "midnight"),
            (0, 5, "12:05am"),
            (9, 0, "9am"),
            (9, 30, "9:30am"),
            (12, 0, "midday"),
            (12, 1, "12:01pm"),
            (17, 45, "5:45pm"),
        ] {
            assert_eq!(time(civil::time(hour, minute, 0, 0)), said);
        }
    }

    #[test]
    fn ages_change_on_the_birthday() {
        let born = civil::date(2000, 2, 29);
        assert_eq!(age(born, civil::date(2026, 2, 28)), 25);
        assert_eq!(age(born, civil::date(2026, 3, 1)), 26);
    }
}
