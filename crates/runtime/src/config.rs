//! Reads configuration from environment variables: every fault is collected and reported at once.
//!
//! Keys are `RAM_<SYSTEM>_<SETTING>`; a secret may also be given as a file, with `_FILE` after its key. The variables
//! arrive as an argument: only the executables read the process's environment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::Secret;

/// A documented key: name, default as shown, and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The variable.
    pub name: &'static str,
    /// The default, as the documentation shows it; `required` where there is none.
    pub default: &'static str,
    /// What it is for.
    pub note: &'static str,
}

/// One fault of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFault {
    /// A required key is missing.
    Missing(String),
    /// A value cannot be read; says what is expected. The value itself is not repeated, it may be a secret.
    Unreadable(String, &'static str),
    /// A key that nobody knows; names the nearest known one, or the key that replaced an older name.
    Unknown(String, Option<String>),
    /// A key that is known and does nothing; says what holds instead.
    Refused(String, String),
    /// Values that can be read and cannot stand together: says which, and what would do.
    Contradiction(String),
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(key) => write!(f, "{key} is not set"),
            Self::Unreadable(key, expected) => write!(f, "{key} is not {expected}"),
            Self::Refused(key, instead) => write!(f, "{key} does nothing in this release, so leave it out: {instead}"),
            Self::Contradiction(text) => f.write_str(text),
            Self::Unknown(key, None) => write!(f, "{key} is not a known key"),
            Self::Unknown(key, Some(nearest)) => write!(f, "{key} is not a known key; did you mean {nearest}?"),
        }
    }
}

/// Everything that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub Vec<ConfigFault>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not usable")?;
        for fault in &self.0 {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Reads settings one by one and collects what is wrong with them.
#[derive(Debug)]
pub struct Reader {
    variables: BTreeMap<String, String>,
    faults: Vec<ConfigFault>,
}

impl Reader {
    /// Over these variables.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: variables.into_iter().collect(), faults: Vec::new() }
    }

    /// The value, or none when it is not set or empty.
    pub fn optional(&mut self, key: &str) -> Option<String> {
        self.variables.get(key).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The value; missing is a fault.
    pub fn required(&mut self, key: &str) -> String {
        self.optional(key).unwrap_or_else(|| {
            self.faults.push(ConfigFault::Missing(key.to_owned()));
            String::new()
        })
    }

    /// A secret, from the key itself or from the file that `<KEY>_FILE` names.
    pub fn secret(&mut self, key: &str) -> Option<Secret> {
        if let Some(value) = self.optional(key) {
            return Some(Secret::new(value));
        }
        let file_key = format!("{key}_FILE");
        let path = self.optional(&file_key)?;
        if let Ok(text) = std::fs::read_to_string(path) {
            Some(Secret::new(text.trim()))
        } else {
            self.faults.push(ConfigFault::Unreadable(file_key, "a file that can be read"));
            None
        }
    }

    /// A secret; missing is a fault.
    pub fn required_secret(&mut self, key: &str) -> Secret {
        self.secret(key).unwrap_or_else(|| {
            self.faults.push(ConfigFault::Missing(key.to_owned()));
            Secret::new("")
        })
    }

    /// A value of a type that reads itself from text.
    pub fn parsed<T: std::str::FromStr>(&mut self, key: &str, expected: &'static str) -> Option<T> {
        let text = self.optional(key)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.faults.push(ConfigFault::Unreadable(key.to_owned(), expected));
        }
        value
    }

    /// Yes or no.
    pub fn flag(&mut self, key: &str, default: bool) -> bool {
        self.parsed(key, "true or false").unwrap_or(default)
    }

    /// A duration with its unit, for example `500ms`, `10s`, `5m`, `12h` or `90d`.
    pub fn duration(&mut self, key: &str, default: Duration) -> Duration {
        let Some(text) = self.optional(key) else { return default };
        parse_duration(&text).unwrap_or_else(|| {
            self.faults
                .push(ConfigFault::Unreadable(key.to_owned(), "a duration with its unit, such as 500ms, 10s or 12h"));
            default
        })
    }

    /// The keys that begin so and have a value.
    pub fn keys_below(&self, stem: &str) -> Vec<String> {
        self.variables
            .iter()
            .filter(|(key, value)| key.starts_with(stem) && !value.trim().is_empty())
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// Records a fault that the caller found.
    pub fn fault(&mut self, fault: ConfigFault) {
        self.faults.push(fault);
    }

    /// Ends reading.
    ///
    /// # Errors
    /// Every fault found, and every `RAM_` variable that is neither known nor a known secret's file. `renamed` maps
    /// names that operators know from elsewhere to ours; `refused` names keys that do nothing, and what holds instead.
    pub fn finish(
        mut self,
        known: &[Key],
        renamed: &[(&str, &str)],
        refused: &[(&str, &str)],
    ) -> Result<(), ConfigError> {
        let names: BTreeSet<&str> = known.iter().map(|key| key.name).collect();
        let is_known = |name: &str| {
            names.iter().any(|known| {
                *known == name
                    || *known == bare(name)
                    || known.split_once('<').is_some_and(|(stem, _)| name.starts_with(stem))
            })
        };
        for name in self.variables.keys() {
            if let Some((_, ours)) =
                renamed.iter().find(|(old, _)| old == name).filter(|(_, ours)| !self.variables.contains_key(*ours))
            {
                self.faults.push(ConfigFault::Unknown(name.clone(), Some((*ours).to_owned())));
            } else if let Some((_, instead)) = refused.iter().find(|(key, _)| bare(name) == *key) {
                self.faults.push(ConfigFault::Refused(name.clone(), (*instead).to_owned()));
            } else if name.starts_with("RAM_") && !is_known(name) {
                let nearest = names.iter().min_by_key(|known| distance(known, name)).map(|known| (*known).to_owned());
                self.faults.push(ConfigFault::Unknown(name.clone(), nearest));
            }
        }
        if self.faults.is_empty() { Ok(()) } else { Err(ConfigError(self.faults)) }
    }
}

/// The key of a secret that is given as a file.
fn bare(name: &str) -> &str {
    name.strip_suffix("_FILE").unwrap_or(name)
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    Some(match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.checked_mul(60)?),
        "h" => Duration::from_secs(number.checked_mul(3600)?),
        "d" => Duration::from_secs(number.checked_mul(86_400)?),
        _ => return None,
    })
}

/// How many letters must change to make one name of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, against) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *against);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[Key] = &[
        Key { name: "RAM_OUTBOX_LEASE", default: "60s", note: "" },
        Key { name: "RAM_NOTIFY_API_KEY", default: "required", note: "" },
        Key { name: "RAM_NOTIFY_TEMPLATE_<PURPOSE>", default: "required", note: "" },
    ];

    fn reader(variables: &[(&str, &str)]) -> Reader {
        Reader::new(variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn every_fault_is_reported_at_once_with_the_nearest_key() {
        let mut reader = reader(&[("RAM_OUTBOX_LEASES", "60s"), ("RAM_NOTIFY_TEMPLATE_X", "y"), ("OLD_URL", "x")]);
        assert_eq!(reader.required("RAM_NOTIFY_API_KEY"), "");
        let error = reader.finish(KEYS, &[("OLD_URL", "RAM_NEW_URL")], &[]).expect_err("faults");
        assert_eq!(
            error.to_string(),
            "the configuration is not usable\n  - RAM_NOTIFY_API_KEY is not set\n  - OLD_URL is not a known key; did \
             you mean RAM_NEW_URL?\n  - RAM_OUTBOX_LEASES is not a known key; did you mean RAM_OUTBOX_LEASE?"
        );
    }

    #[test]
    fn durations_carry_their_unit() {
        let mut reader = reader(&[("A", "500ms"), ("B", "10s"), ("C", "5m"), ("D", "12h"), ("E", "90d"), ("F", "10")]);
        let mut read = |key| reader.duration(key, Duration::ZERO);
        assert_eq!(read("A"), Duration::from_millis(500));
        assert_eq!(read("B"), Duration::from_secs(10));
        assert_eq!(read("C"), Duration::from_mins(5));
        assert_eq!(read("D"), Duration::from_hours(12));
        assert_eq!(read("E"), Duration::from_hours(2160));
        assert_eq!(read("F"), Duration::ZERO);
        assert!(reader.finish(KEYS, &[], &[]).is_err());
    }

    #[test]
    fn a_key_that_does_nothing_is_refused_with_what_holds_instead() {
        for key in ["RAM_NOTIFY_CALLBACK_TOKEN", "RAM_NOTIFY_CALLBACK_TOKEN_FILE"] {
            let refused = [("RAM_NOTIFY_CALLBACK_TOKEN", "receipts are not read")];
            let error = reader(&[(key, "secret words")]).finish(KEYS, &[], &refused).expect_err("refused");
            let expected = format!("{key} does nothing in this release, so leave it out: receipts are not read");
            assert_eq!(error.0, [ConfigFault::Refused(key.to_owned(), "receipts are not read".to_owned())]);
            assert!(error.to_string().ends_with(&expected), "{error}");
        }
    }
}
