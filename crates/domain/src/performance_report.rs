//! The performance report that providers ask for: which days it may cover. Its rows and columns are not decided here.

use jiff::civil::{Date, date};

use crate::{ErrorCode, FieldErrors};

/// The first day for which there is data to report.
const FIRST_DAY: Date = date(2021, 6, 1);

/// How far apart the first and the last day may be, in days.
const LONGEST: i32 = 180;

/// The days that a report covers, both included; civil days of London.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportPeriod {
    from: Date,
    to: Date,
}

impl ReportPeriod {
    /// The period from one day to another.
    ///
    /// # Errors
    /// Every fault by field: a day before June 2021 or after `today`, an end before its beginning, more than 180 days
    /// between them.
    pub fn new(from: Date, to: Date, today: Date) -> Result<Self, FieldErrors> {
        let mut faults = FieldErrors::default();
        faults.require(from >= FIRST_DAY && from <= today, "fromDate", ErrorCode::InvalidValue);
        let days = (to - from).get_days();
        faults.require((0..=LONGEST).contains(&days) && to <= today, "toDate", ErrorCode::InvalidValue);
        if faults.0.is_empty() { Ok(Self { from, to }) } else { Err(faults) }
    }

    /// The first day.
    pub fn first(self) -> Date {
        self.from
    }

    /// The last day.
    pub fn last(self) -> Date {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_lies_in_the_past_begins_no_earlier_than_the_data_and_lasts_half_a_year_at_most() {
        let today = date(2026, 11, 22);
        let faults = |from, to| match ReportPeriod::new(from, to, today) {
            Ok(period) => {
                assert_eq!((period.first(), period.last()), (from, to));
                Vec::new()
            }
            Err(faults) => faults.0.into_iter().map(|fault| fault.field).collect(),
        };
        let none: Vec<String> = Vec::new();
        assert_eq!(faults(today, today), none);
        assert_eq!(faults(date(2026, 5, 26), today), none, "180 days apart");
        assert_eq!(faults(date(2026, 5, 25), today), ["toDate"], "181 days apart");
        assert_eq!(faults(date(2021, 6, 1), date(2021, 6, 2)), none);
        assert_eq!(faults(date(2021, 5, 31), date(2021, 6, 2)), ["fromDate"]);
        assert_eq!(faults(date(2026, 3, 2), date(2026, 3, 1)), ["toDate"], "ends before it begins");
        assert_eq!(faults(date(2026, 11, 22), date(2026, 11, 23)), ["toDate"], "tomorrow");
        assert_eq!(faults(date(2026, 11, 23), date(2026, 11, 24)), ["fromDate", "toDate"]);
    }
}
