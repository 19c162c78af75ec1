//! Times as people read them.

/// `0.4 ms`, `41 ms`, `4.2 s`, `2 m 03 s`, `1 h 05 m`.
pub fn took(micros: u64) -> String {
    let ms = micros / 1000;
    match ms {
        0 => format!("{}.{} ms", ms, micros / 100 % 10),
        1..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{}.{} s", ms / 1000, ms / 100 % 10),
        60_000..3_600_000 => format!("{} m {:02} s", ms / 60_000, ms / 1000 % 60),
        _ => format!("{} h {:02} m", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// `2026-11-24 03:59:12`, in UTC.
pub fn date(unix_ms: u64) -> String {
    let secs = unix_ms / 1000;
    let (days, of_day) = (secs / 86_400, secs % 86_400);
    let (year, month, day) = civil(days);
    format!("{year}-{month:02}-{day:02} {:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Year, month and day of a day counted from 1970-01-01, by counting in eras of 400 years that start in March.
const fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        for (micros, text) in [
            (400, "0.4 ms"),
            (41_200, "41 ms"),
            (4_218_000, "4.2 s"),
            (123_000_000, "2 m 03 s"),
            (3_900_000_000, "1 h 05 m"),
        ] {
            assert_eq!(took(micros), text);
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (ms, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_400_000, "2000-02-29 00:00:00"),
            (1_795_492_752_000, "2026-11-24 03:59:12"),
            (4_107_542_399_000, "2100-02-28 23:59:59"),
        ] {
            assert_eq!(date(ms), text);
        }
    }
}
