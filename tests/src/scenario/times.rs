//! Local times as people write them: `2026-09-30 16:00`, or `09-30 16:00` in the year in which a scenario begins.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::Failure;

/// The time zone of a scenario, and the year in which it begins.
#[derive(Debug, Clone)]
pub struct Times {
    zone: TimeZone,
    year: i16,
}

impl Times {
    /// The times of a scenario that begins at `begin`, and that moment.
    ///
    /// # Errors
    /// When it is no local time with its year.
    pub fn beginning(begin: &str, zone: TimeZone) -> Result<(Self, Timestamp), Failure> {
        let local: DateTime = begin.parse().map_err(|error| format!("`{begin}` is no local time: {error}"))?;
        let at = zone.to_ambiguous_timestamp(local).unambiguous()?;
        Ok((Self { zone, year: local.year() }, at))
    }

    /// The moment that `text` names.
    ///
    /// # Errors
    /// When it is no local time, or one that the clock skips or shows twice.
    pub fn read(&self, text: &str) -> Result<Timestamp, Failure> {
        // A year has four digits, a month two.
        let has_year = text.find('-') == Some(4);
        let whole = if has_year { text.to_owned() } else { format!("{:04}-{text}", self.year) };
        let local: DateTime = whole.parse().map_err(|error| format!("`{text}` is no local time: {error}"))?;
        Ok(self.zone.to_ambiguous_timestamp(local).unambiguous()?)
    }

    /// `at` as people write it.
    #[must_use]
    pub fn write(&self, at: Timestamp) -> String {
        let local = Zoned::new(at, self.zone.clone());
        let date = if local.year() == self.year { "%m-%d" } else { "%Y-%m-%d" };
        let time = if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        local.strftime(&format!("{date} {time}")).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_alike() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let (times, begin) = Times::beginning("2026-09-30 16:00", zone).unwrap();
        assert_eq!(begin.to_string(), "2026-09-30T08:00:00Z");
        for (text, utc) in [
            ("10-09 08:30", "2026-10-09T00:30:00Z"),
            ("2027-01-04 17:30", "2027-01-04T09:30:00Z"),
            ("09-30 16:00:30", "2026-09-30T08:00:30Z"),
        ] {
            let at = times.read(text).unwrap();
            assert_eq!((at.to_string().as_str(), times.write(at).as_str()), (utc, text));
        }
        assert!(times.read("tomorrow").is_err());
    }
}
