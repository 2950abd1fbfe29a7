//! MoJ Frontend's two date filters, `date` and `mojDate`.
//!
//! Owns the forms of moment.js that GOV.UK dates use. Refuses time zones: it prints the civil date and time as written in
//! the ISO 8601 text, so a page passes local time.

use std::fmt::Write as _;

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
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// What moment.js prints for a text that is not a date.
const INVALID: &str = "Invalid date";
/// Longest first, so that the first that fits is the right one.
const TOKENS: [&str; 20] = [
    "YYYY", "MMMM", "dddd", "MMM", "ddd", "YY", "MM", "DD", "Do", "HH", "hh", "mm", "ss", "M", "D", "H", "h", "m", "a",
    "A",
];

#[derive(Debug, Clone, Copy)]
struct Moment {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
}

/// `{{ timestamp | mojDate("datetime") }}`; without a known kind, the timestamp itself.
pub(crate) fn moj_date(timestamp: &str, kind: Option<&str>) -> String {
    let (date, time) = match kind {
        Some("datetime") => ("D MMMM YYYY", true),
        Some("shortdatetime") => ("D MMM YYYY", true),
        Some("date") => ("D MMMM YYYY", false),
        Some("shortdate") => ("D MMM YYYY", false),
        Some("time") => ("", true),
        _ => return timestamp.to_owned(),
    };
    let Some(moment) = Moment::parse(timestamp) else { return INVALID.to_owned() };
    let mut out = moment.format(date);
    if time {
        if !date.is_empty() {
            out.push_str(" at ");
        }
        out.push_str(&moment.format(if moment.minute > 0 { "h:mma" } else { "ha" }));
    }
    out
}

/// `{{ timestamp | date("DD/MM/YYYY") }}`.
pub(crate) fn format(timestamp: &str, pattern: &str) -> String {
    Moment::parse(timestamp).map_or_else(|| INVALID.to_owned(), |moment| moment.format(pattern))
}

impl Moment {
    /// Reads `2026-03-09`, `2026-03-09T14:30` and `2026-03-09T14:30:00.000Z`.
    fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.trim().split_once(['T', ' ']).unwrap_or((text.trim(), ""));
        let mut date = date.splitn(3, '-').map(str::parse);
        let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
        let mut time = time.splitn(3, ':').map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part[..digits].parse().unwrap_or(0)
        });
        let (hour, minute, second) = (time.next().unwrap_or(0), time.next().unwrap_or(0), time.next().unwrap_or(0));
        let moment = Self { year, month, day, hour, minute, second };
        let is_possible =
            (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
        is_possible.then_some(moment)
    }

    /// Sunday is 0 (Sakamoto's method).
    fn weekday(self) -> usize {
        const OFFSETS: [u32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
        let year = if self.month < 3 { self.year.saturating_sub(1) } else { self.year };
        let offset = OFFSETS.get(self.month as usize - 1).copied().unwrap_or(0);
        ((year + year / 4 - year / 100 + year / 400 + offset + self.day) % 7) as usize
    }

    fn format(self, pattern: &str) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        let month_name = MONTHS.get(month as usize - 1).copied().unwrap_or_default();
        let day_name = DAYS.get(self.weekday()).copied().unwrap_or_default();
        let half_day = if hour % 12 == 0 { 12 } else { hour % 12 };
        let mut out = String::new();
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            if first == '['
                && let Some(end) = rest.find(']')
            {
                out.push_str(&rest[1..end]);
                rest = &rest[end + 1..];
                continue;
            }
            let Some(token) = TOKENS.iter().find(|token| rest.starts_with(**token)) else {
                out.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            };
            rest = &rest[token.len()..];
            // Writing to a String cannot fail.
            let _ = match *token {
                "YYYY" => write!(out, "{year:04}"),
                "YY" => write!(out, "{:02}", year % 100),
                "MMMM" => write!(out, "{month_name}"),
                "MMM" => write!(out, "{}", &month_name[..3]),
                "MM" => write!(out, "{month:02}"),
                "M" => write!(out, "{month}"),
                "dddd" => write!(out, "{day_name}"),
                "ddd" => write!(out, "{}", &day_name[..3]),
                "DD" => write!(out, "{day:02}"),
                "Do" => write!(out, "{day}{}", ordinal(day)),
                "D" => write!(out, "{day}"),
                "HH" => write!(out, "{hour:02}"),
                "H" => write!(out, "{hour}"),
                "hh" => write!(out, "{half_day:02}"),
                "h" => write!(out, "{half_day}"),
                "mm" => write!(out, "{minute:02}"),
                "m" => write!(out, "{minute}"),
                "ss" => write!(out, "{second:02}"),
                "a" => write!(out, "{}", if hour < 12 { "am" } else { "pm" }),
                _ => write!(out, "{}", if hour < 12 { "AM" } else { "PM" }),
            };
        }
        out
    }
}

fn ordinal(day: u32) -> &'static str {
    match (day % 10, day % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::{format, moj_date};

    #[test]
    fn moj_dates_read_as_the_design_system_writes_them() {
        let afternoon = "2019-06-14T14:01:00.000Z";
        assert_eq!(moj_date(afternoon, Some("datetime")), "14 June 2019 at 2:01pm");
        assert_eq!(moj_date(afternoon, Some("shortdatetime")), "14 Jun 2019 at 2:01pm");
        assert_eq!(moj_date("2019-06-14T00:00", Some("time")), "12am");
        assert_eq!(moj_date("2019-06-04", Some("date")), "4 June 2019");
        assert_eq!(moj_date(afternoon, None), afternoon);
        assert_eq!(moj_date("soon", Some("date")), "Invalid date");
    }

    #[test]
    fn formats_follow_moment() {
        assert_eq!(
            format("2026-03-09T08:05:07", "dddd Do MMMM YYYY [at] HH:mm:ss"),
            "Monday 9th March 2026 at 08:05:07"
        );
        assert_eq!(format("2024-02-29", "DD/MM/YY ddd"), "29/02/24 Thu");
        assert_eq!(format("2024-13-01", "DD"), "Invalid date");
    }
}
