//! Where settings come from, and which of several wins.

use std::collections::BTreeMap;
use std::fmt;

use herald_delivery::signature::Secret as SigningSecret;

use super::{DEFINITIONS, Definition, OTHER_VARIABLES, Settings, VARIABLE_PREFIX};
use herald_core::nearest::guess;

/// The table of the file that holds secrets by name.
const SECRETS: &str = "secrets";
/// What the environment's variables of secrets begin with.
const SECRET_PREFIX: &str = "HERALD_SECRET_";

/// Everything that was said about settings, weakest first.
#[derive(Debug, Default)]
pub struct Sources {
    /// The settings file: its name, for messages, and its text.
    pub file: Option<(String, String)>,
    /// The environment, all of it; what does not begin with [`VARIABLE_PREFIX`] is left alone.
    pub environment: Vec<(String, String)>,
    /// Flags: a setting's name and its text.
    pub flags: Vec<(String, String)>,
}

/// Where a value in force comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// The settings file of this name.
    File(String),
    /// This variable of the environment.
    Environment(String),
    /// A flag.
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(name) => write!(f, "file {name}"),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// The value of one setting, as written, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// What was written, or the default.
    pub text: String,
    /// Where.
    pub source: Source,
}

/// The name by which a channel asks for a secret, as [`secret_name`] writes it.
pub type SecretName = String;

/// The one way to write a secret's name. Variables of the environment know neither lower case nor any sign but
/// `_`; so that every secret can come from there, names that differ only in these are the same.
#[must_use]
pub fn secret_name(text: &str) -> SecretName {
    text.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// A secret of a channel, and where it comes from. It is never shown.
#[derive(Debug, Clone)]
pub struct Secret {
    /// The key itself; its debug form does not show it either.
    pub value: SigningSecret,
    /// Where it was given.
    pub source: Source,
}

/// All settings in force.
#[derive(Debug)]
pub struct Resolved {
    /// Their values.
    pub settings: Settings,
    /// Secrets of channels, by name.
    pub secrets: BTreeMap<SecretName, Secret>,
    /// For each of [`DEFINITIONS`], in its order, what is in force and from where.
    pub in_force: Vec<(&'static Definition, InForce)>,
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {message}")]
pub struct SettingsProblem {
    /// Where it was written.
    pub origin: Source,
    /// What is wrong and what to do.
    pub message: String,
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings are wrong:\n{}", .0.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n"))]
pub struct SettingsError(pub Vec<SettingsProblem>);

impl Sources {
    /// Puts the sources together: what is said in the file is overruled by the environment, and that by flags.
    ///
    /// # Errors
    /// Everything that is wrong: unknown names, values out of range, secrets that are none, a file that is
    /// not TOML.
    pub fn resolve(&self) -> Result<Resolved, SettingsError> {
        let mut said = Said::default();
        if let Some((name, text)) = &self.file {
            said.file(name, text);
        }
        for (variable, text) in &self.environment {
            said.variable(variable, text);
        }
        for (name, text) in &self.flags {
            said.setting(name, text.clone(), Source::Flag);
        }
        said.resolve()
    }
}

/// What the sources said so far; a later word replaces an earlier one.
#[derive(Default)]
struct Said {
    settings: BTreeMap<&'static str, InForce>,
    secrets: BTreeMap<SecretName, Secret>,
    problems: Vec<SettingsProblem>,
}

impl Said {
    fn wrong(&mut self, origin: Source, message: String) {
        self.problems.push(SettingsProblem { origin, message });
    }

    fn file(&mut self, name: &str, text: &str) {
        let source = Source::File(name.to_owned());
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            // The parser's own text quotes the line, which may hold a secret.
            Err(error) => {
                return self.wrong(source, format!("not TOML: {}{}", error.message(), line(text, error.span())));
            }
        };
        for (key, value) in table {
            match value {
                toml::Value::Table(secrets) if key == SECRETS => {
                    for (name, secret) in secrets {
                        match secret {
                            toml::Value::String(secret) => self.secret(&name, &secret, source.clone()),
                            _ => self.wrong(source.clone(), format!("the secret `{name}` is not a string")),
                        }
                    }
                }
                toml::Value::String(text) => self.setting(&key, text, source.clone()),
                toml::Value::Integer(number) => self.setting(&key, number.to_string(), source.clone()),
                _ => self.wrong(source.clone(), format!("`{key}` is neither text nor a whole number")),
            }
        }
    }

    fn variable(&mut self, variable: &str, text: &str) {
        let source = Source::Environment(variable.to_owned());
        if let Some(name) = variable.strip_prefix(SECRET_PREFIX) {
            self.secret(name, text, source);
        } else if let Some(name) = variable.strip_prefix(VARIABLE_PREFIX)
            && !OTHER_VARIABLES.contains(&variable)
        {
            self.setting(&name.to_ascii_lowercase(), text.to_owned(), source);
        }
    }

    fn setting(&mut self, name: &str, text: String, source: Source) {
        match DEFINITIONS.iter().find(|definition| definition.name == name) {
            Some(definition) => {
                self.settings.insert(definition.name, InForce { text, source });
            }
            None => {
                let hint = guess(name, DEFINITIONS.iter().map(|definition| definition.name));
                self.wrong(source, format!("there is no setting `{name}`{hint} (`herald config` lists them)"));
            }
        }
    }

    fn secret(&mut self, name: &str, text: &str, source: Source) {
        let known = secret_name(name);
        if self.secrets.get(&known).is_some_and(|other| other.source == source) {
            return self.wrong(source, format!("the secret `{name}` is given twice: it is the same as `{known}`"));
        }
        match text.parse() {
            Ok(value) => {
                self.secrets.insert(known, Secret { value, source });
            }
            Err(error) => self.wrong(source, format!("secret `{name}`: {error}")),
        }
    }

    fn resolve(mut self) -> Result<Resolved, SettingsError> {
        let in_force = |definition: &'static Definition| {
            let default = || InForce { text: definition.default.to_owned(), source: Source::Default };
            (definition, self.settings.remove(definition.name).unwrap_or_else(default))
        };
        let in_force: Vec<_> = DEFINITIONS.iter().map(in_force).collect();
        let by_name: BTreeMap<_, _> = in_force.iter().map(|(definition, value)| (definition.name, value)).collect();
        let read = Settings::read(|definition| by_name.get(definition.name).map_or("", |value| value.text.as_str()));
        let settings = read.map_err(|problems| {
            for (name, message) in problems {
                let origin = by_name.get(name).map_or(Source::Default, |value| value.source.clone());
                self.problems.push(SettingsProblem { origin, message: format!("`{name}`: {message}") });
            }
        });
        match settings {
            Ok(settings) if self.problems.is_empty() => Ok(Resolved { settings, secrets: self.secrets, in_force }),
            _ => Err(SettingsError(self.problems)),
        }
    }
}

/// Where in `text` a span begins, for a message.
fn line(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let lines = span.and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
    lines.map(|line| format!(" (line {line})")).unwrap_or_default()
}
