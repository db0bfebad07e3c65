//! How verbs are registered: with the engine, and with the words that describe them. What is not described
//! cannot be registered, so the reference and the messages cannot fall behind.

use ::rhai::{Dynamic, Engine, EvalAltResult, FuncRegistration, ImmutableString, Position, RhaiNativeFunc, Variant};
use herald_core::nearest::did_you_mean;

use super::call::{Raised, raise};
use crate::vocabulary::{Sort, Wrong, one_of};

/// The things that scripts hold in their hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    Message,
    Body,
    Route,
    Breach,
    RoutePlan,
    ApprovePlan,
    EscalatePlan,
    Recipient,
    Goal,
    Stage,
    /// A function that stands alone.
    Nothing,
    Calendar,
    Time,
    Span,
    Table,
    Row,
}

impl Owner {
    pub(super) const ALL: [Self; 16] = [
        Self::Message,
        Self::Body,
        Self::Route,
        Self::Breach,
        Self::RoutePlan,
        Self::ApprovePlan,
        Self::EscalatePlan,
        Self::Recipient,
        Self::Goal,
        Self::Stage,
        Self::Nothing,
        Self::Calendar,
        Self::Time,
        Self::Span,
        Self::Table,
        Self::Row,
    ];

    /// As messages and the reference name it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Message => "the message",
            Self::Body => "the body",
            Self::Route => "the route",
            Self::Breach => "the breach",
            Self::RoutePlan => "the plan of `route`",
            Self::ApprovePlan => "the plan of `approve`",
            Self::EscalatePlan => "the plan of `escalate`",
            Self::Recipient => "a recipient",
            Self::Goal => "a goal",
            Self::Stage => "a stage",
            Self::Nothing => "functions",
            Self::Calendar => "a calendar",
            Self::Time => "a time",
            Self::Span => "a span",
            Self::Table => "a decision table",
            Self::Row => "a row",
        }
    }

    /// A hook that gets one, for examples.
    #[cfg(test)]
    pub(super) fn hook(self) -> herald_core::decision::Hook {
        use herald_core::decision::Hook;
        match self {
            Self::Route | Self::ApprovePlan | Self::Stage => Hook::Approve,
            Self::Breach | Self::EscalatePlan | Self::Time => Hook::Escalate,
            _ => Hook::Route,
        }
    }
}

/// How a verb is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `owner.name(…)`
    Method,
    /// `owner.name`
    Getter,
    /// `owner.name = …`
    Setter,
    /// `name(…)`
    Function,
}

/// A verb, described.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verb {
    pub(super) owner: Owner,
    pub(super) form: Form,
    pub(super) name: &'static str,
    pub(super) takes: &'static [(&'static str, Sort)],
    /// What it gives back; empty for nothing.
    pub(super) gives: &'static str,
    /// One sentence.
    pub(super) doc: &'static str,
    /// A line that runs inside a hook.
    pub(super) example: &'static str,
}

impl Verb {
    pub(super) const fn new(owner: Owner, form: Form, name: &'static str) -> Self {
        Self { owner, form, name, takes: &[], gives: "", doc: "", example: "" }
    }

    pub(super) const fn takes(mut self, takes: &'static [(&'static str, Sort)]) -> Self {
        self.takes = takes;
        self
    }

    pub(super) const fn gives(mut self, gives: &'static str) -> Self {
        self.gives = gives;
        self
    }

    pub(super) const fn doc(mut self, doc: &'static str, example: &'static str) -> Self {
        self.doc = doc;
        self.example = example;
        self
    }

    /// `send(target)`, `level`, `label(name: text, value: text)`.
    pub(super) fn signature(&self) -> String {
        let argument = |(name, sort): &(&str, Sort)| {
            if *name == sort.title() { (*name).to_owned() } else { format!("{name}: {}", sort.title()) }
        };
        let arguments = || self.takes.iter().map(argument).collect::<Vec<_>>().join(", ");
        match self.form {
            Form::Method | Form::Function => format!("{}({})", self.name, arguments()),
            Form::Getter => self.name.to_owned(),
            Form::Setter => format!("{} = {}", self.name, arguments()),
        }
    }
}

/// The engine while verbs are registered with it.
pub(super) struct Api {
    pub(super) engine: Engine,
    pub(super) verbs: Vec<Verb>,
}

impl Api {
    /// Registers `function` as `verb`.
    pub(super) fn verb<A: 'static, const N: usize, const X: bool, R, const F: bool, FUNC>(
        &mut self,
        verb: Verb,
        function: FUNC,
    ) where
        R: Variant + Clone,
        FUNC: RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    {
        let registration = match verb.form {
            Form::Method | Form::Function => FuncRegistration::new(verb.name),
            Form::Getter => FuncRegistration::new_getter(verb.name),
            Form::Setter => FuncRegistration::new_setter(verb.name),
        };
        registration.register_into_engine(&mut self.engine, function);
        // A verb with two ways to write an argument is described once.
        let same = |known: &&Verb| (known.owner, known.form, known.name) == (verb.owner, verb.form, verb.name);
        if !self.verbs.iter().any(|known| same(&known)) {
            self.verbs.push(verb);
        }
    }

    /// Names the type of a handle.
    pub(super) fn handle<T: Variant + Clone>(&mut self, owner: Owner) {
        self.engine.register_type_with_name::<T>(owner.title());
    }

    /// Makes an unknown property of `T` an error that knows the others. Comes after the verbs of its owner.
    pub(super) fn seal<T: Variant + Clone>(&mut self, owner: Owner) {
        let of = |form| -> Vec<&'static str> {
            let verbs = self.verbs.iter().filter(|verb| verb.owner == owner && verb.form == form);
            verbs.map(|verb| verb.name).collect()
        };
        let known =
            Properties { owner, getters: of(Form::Getter), setters: of(Form::Setter), methods: of(Form::Method) };
        let writable = known.clone();
        // The engine falls back to an indexer for a property that is not registered.
        self.engine.register_indexer_get(move |_: &mut T, name: ImmutableString| -> Raised<Dynamic> {
            Err(raise(known.unreadable(&name)))
        });
        self.engine.register_indexer_set(move |_: &mut T, name: ImmutableString, value: Dynamic| -> Raised<()> {
            // A verb called on what a property gave hands the value back to be set, and ignores this refusal.
            if writable.getters.contains(&name.as_str()) {
                return Err(read_only());
            }
            Err(raise(writable.unwritable(&name, &value)))
        });
    }
}

#[derive(Clone)]
struct Properties {
    owner: Owner,
    getters: Vec<&'static str>,
    setters: Vec<&'static str>,
    methods: Vec<&'static str>,
}

impl Properties {
    fn unreadable(&self, name: &str) -> Wrong {
        let owner = self.owner.title();
        if self.setters.contains(&name) {
            return Wrong::new(format!("`{name}` of {owner} can be set, not read"));
        }
        if self.methods.contains(&name) {
            return Wrong::new(format!("`{name}` is a verb")).hint(Some(format!("write `.{name}(…)`")));
        }
        unknown_property(owner, name, &self.getters)
    }

    fn unwritable(&self, name: &str, value: &Dynamic) -> Wrong {
        let owner = self.owner.title();
        if self.setters.contains(&name) {
            return Wrong::new(format!("`{name}` of {owner} cannot be {}", super::error::title_of(value)));
        }
        if self.methods.contains(&name) {
            return Wrong::new(format!("`{name}` is a verb")).hint(Some(format!("write `.{name}(…)`")));
        }
        unknown_property(owner, name, &self.setters)
    }
}

/// Says that a property cannot be set. The engine passes over this after a verb that was called on what the
/// property gave, and reports an assignment.
pub(super) fn read_only() -> Box<EvalAltResult> {
    EvalAltResult::ErrorIndexingType(String::new(), Position::NONE).into()
}

/// `owner` has no property `name`; perhaps one of `known` was meant.
pub(super) fn unknown_property(owner: &str, name: &str, known: &[&str]) -> Wrong {
    let list = || (!known.is_empty()).then(|| format!("it has {}", one_of(known.iter().copied())));
    Wrong::new(format!("{owner} has no `{name}`")).hint(did_you_mean(name, known.iter().copied()).or_else(list))
}
