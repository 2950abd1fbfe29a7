//! Civil time in Europe/London: days, six-month windows, working days and bank holidays of England and Wales.
//!
//! The only place where an instant becomes a date. "Today" is the London day, so that an appointment at 00:30 in
//! summer belongs to the day that people say it does.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The time zone of everything civil.
#[expect(clippy::missing_panics_doc, reason = "the time zone database is compiled in")]
pub fn london() -> TimeZone {
    TimeZone::get("Europe/London").expect("the time zone database is compiled in")
}

/// The London day of an instant.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(london()).date()
}

/// The instant at which a London day begins.
#[expect(clippy::missing_panics_doc, reason = "every London day has a start within the supported years")]
pub fn start_of(day: Date) -> Timestamp {
    day.to_zoned(london()).expect("every London day has a start within the supported years").timestamp()
}

/// The day six months after another; the last of the month where the month is shorter.
pub fn six_months_after(day: Date) -> Date {
    day.saturating_add(Span::new().months(6))
}

/// The working day that is `days` working days after `from` (weekends and bank holidays are skipped).
pub fn working_days_after(from: Date, days: u32) -> Date {
    let mut day = from;
    let mut left = days;
    while left > 0 {
        day = day.saturating_add(Span::new().days(1));
        if is_working_day(day) {
            left -= 1;
        }
    }
    day
}

/// Neither a weekend nor a bank holiday of England and Wales.
pub fn is_working_day(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !bank_holidays(day.year()).contains(&day)
}

/// The bank holidays of England and Wales by the standing rules, substitute days included, plus the single days that
/// were proclaimed for 2022 and 2023.
fn bank_holidays(year: i16) -> Vec<Date> {
    let easter = easter_sunday(year);
    let date = |month, day| Date::constant(year, month, day);
    let plus = |from: Date, days: i64| from.saturating_add(Span::new().days(days));
    let mut days = vec![plus(easter, -2), plus(easter, 1)];
    days.push(substitute(date(1, 1), &[]));
    days.push(if year == 2020 { date(5, 8) } else { first_monday(date(5, 1)) });
    days.push(if year == 2022 { date(6, 2) } else { last_monday(date(5, 31)) });
    days.push(last_monday(date(8, 31)));
    let christmas = substitute(date(12, 25), &[]);
    days.push(christmas);
    days.push(substitute(date(12, 26), &[christmas]));
    match year {
        2022 => days.extend([date(6, 3), date(9, 19)]),
        2023 => days.push(date(5, 8)),
        _ => {}
    }
    days
}

/// A holiday that falls on a weekend moves to the next weekday that is not taken.
fn substitute(day: Date, taken: &[Date]) -> Date {
    let mut day = day;
    while matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) || taken.contains(&day) {
        day = day.saturating_add(Span::new().days(1));
    }
    day
}

fn first_monday(mut day: Date) -> Date {
    while day.weekday() != Weekday::Monday {
        day = day.saturating_add(Span::new().days(1));
    }
    day
}

fn last_monday(mut day: Date) -> Date {
    while day.weekday() != Weekday::Monday {
        day = day.saturating_sub(Span::new().days(1));
    }
    day
}

/// Easter Sunday by the anonymous Gregorian computus.
#[expect(clippy::many_single_char_names, reason = "the computus is published with these names")]
fn easter_sunday(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    let day = (h + l - 7 * m + 114) % 31 + 1;
    let narrow = |number: i32| i8::try_from(number).expect("months and days fit");
    Date::constant(year, narrow(month), narrow(day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn days_are_london_days_on_both_sides_of_the_clock_changes() {
        assert_eq!(day_of(at("2026-06-30T23:30:00Z")), date(2026, 7, 1));
        assert_eq!(day_of(at("2026-12-31T23:30:00Z")), date(2026, 12, 31));
        assert_eq!(start_of(date(2026, 3, 29)), at("2026-03-29T00:00:00Z"));
        assert_eq!(start_of(date(2026, 3, 30)), at("2026-03-29T23:00:00Z"));
        assert_eq!(start_of(date(2026, 10, 25)), at("2026-10-24T23:00:00Z"));
        assert_eq!(start_of(date(2026, 10, 26)), at("2026-10-26T00:00:00Z"));
    }

    #[test]
    fn published_bank_holidays_are_known() {
        for holiday in [
            date(2026, 1, 1),
            date(2026, 4, 3),
            date(2026, 4, 6),
            date(2026, 5, 4),
            date(2026, 5, 25),
            date(2026, 8, 31),
            date(2026, 12, 25),
            date(2026, 12, 28),
            date(2022, 6, 2),
            date(2022, 6, 3),
            date(2022, 12, 26),
            date(2022, 12, 27),
            date(2027, 12, 27),
            date(2027, 12, 28),
        ] {
            assert!(!is_working_day(holiday), "{holiday}");
        }
        for working in [date(2022, 5, 30), date(2026, 4, 7), date(2026, 12, 29)] {
            assert!(is_working_day(working), "{working}");
        }
    }

    #[test]
    fn ten_working_days_skip_easter() {
        assert_eq!(working_days_after(date(2026, 4, 1), 10), date(2026, 4, 17));
        assert_eq!(working_days_after(date(2026, 4, 1), 0), date(2026, 4, 1));
    }

    #[test]
    fn six_months_end_with_the_shorter_month() {
        assert_eq!(six_months_after(date(2026, 8, 31)), date(2027, 2, 28));
    }

    proptest! {
        #[test]
        fn an_instant_lies_within_its_day(seconds in 1_500_000_000_i64..2_500_000_000) {
            let instant = Timestamp::from_second(seconds).expect("in range");
            let day = day_of(instant);
            prop_assert!(start_of(day) <= instant);
            prop_assert!(instant < start_of(day.saturating_add(Span::new().days(1))));
        }
    }
}
