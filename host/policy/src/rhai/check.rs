//! What can be read off a script without running it: statements outside of functions, hooks that are missing or
//! not listed, functions that do not exist, and words in verbs that the organisation does not know.
//!
//! Everything here would fail when the script runs, too; the check finds it before a message does.

use std::collections::BTreeMap;

use ::rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};
use herald_core::decision::Hook;
use herald_core::nearest::did_you_mean;

use super::api::{Form, Owner, Verb, unknown_property};
use super::engine::Runtime;
use super::place;
use super::table::{FIRST, TABLE};
use crate::diagnostic::{Diagnostic, Place};
use crate::files::SCRIPT;
use crate::form::Form as KindForm;
use crate::manifest::Manifest;
use crate::table::{LookupError, Tables};
use crate::vocabulary::{Sort, Wrong, one_of, unknown};
use crate::world::World;

/// Functions of the language itself, which no list of functions names.
const LANGUAGE: [&str; 2] = ["type_of", "is_shared"];

/// What the parser writes where a closure uses a variable from around it.
const CAPTURE: &str = "curry";

/// What calls a closure that stands as its first argument, and keeps nothing of it.
///
/// A closure stands nowhere else. One that is kept can hold the one before it, and that the one before it: a chain
/// as long as a loop, whose end overflows the host's stack, which no limit stops and nothing catches.
const CALLERS: [&str; 17] = [
    "all",
    "dedup",
    "drain",
    "filter",
    "find",
    "find_index",
    "find_map",
    "for_each",
    "index_of",
    "map",
    "none",
    "reduce",
    "reduce_rev",
    "retain",
    "some",
    "sort",
    "sort_by",
];

/// Everything wrong with `ast`, the script `text` before it is optimised. Words are looked up in `world`,
/// settings in `manifest` and decision tables in `tables`, as far as they are given.
pub(super) fn check(
    runtime: &Runtime,
    text: &str,
    ast: &AST,
    manifest: Option<&Manifest>,
    world: Option<&World>,
    tables: Option<&Tables>,
) -> Vec<Diagnostic> {
    let mut check = Check { runtime, ast, manifest, world, tables, problems: Vec::new() };
    check.statements();
    check.names();
    if let Some(manifest) = manifest {
        check.hooks(text, manifest);
    }
    ast.walk(&mut |path| {
        check.node(path);
        true
    });
    for hook in Hook::ALL {
        check.handles(*hook);
    }
    check.problems
}

/// The parameters of a hook.
pub(super) fn parameters(hook: Hook) -> &'static [(&'static str, Owner)] {
    match hook {
        Hook::Route => &[("message", Owner::Message), ("plan", Owner::RoutePlan)],
        Hook::Approve => &[("message", Owner::Message), ("route", Owner::Route), ("plan", Owner::ApprovePlan)],
        Hook::Escalate => &[("message", Owner::Message), ("breach", Owner::Breach), ("plan", Owner::EscalatePlan)],
    }
}

struct Check<'a> {
    runtime: &'a Runtime,
    ast: &'a AST,
    manifest: Option<&'a Manifest>,
    world: Option<&'a World>,
    tables: Option<&'a Tables>,
    problems: Vec<Diagnostic>,
}

impl Check<'_> {
    fn say(&mut self, at: Option<Place>, wrong: &Wrong) {
        self.problems.push(Diagnostic::about(SCRIPT, wrong.message.clone()).at(at).hint(wrong.hint.clone()));
    }

    fn statements(&mut self) {
        for statement in self.ast.statements() {
            if !matches!(statement, Stmt::Noop(_)) {
                let hint = "move it into a function; constants live in functions or in the manifest's settings";
                let wrong = Wrong::new("nothing but functions may stand at the top level").hint(Some(hint.to_owned()));
                self.say(place(statement.position()), &wrong);
            }
        }
    }

    /// A function named like what calls closures could keep one.
    fn names(&mut self) {
        let taken: Vec<_> = self.ast.iter_functions().map(|function| function.name.to_owned()).collect();
        for name in taken.iter().filter(|name| CALLERS.contains(&name.as_str())) {
            let wrong = Wrong::new(format!("`{name}` is a function of the language; choose another name"));
            self.say(None, &wrong);
        }
    }

    fn hooks(&mut self, text: &str, manifest: &Manifest) {
        for hook in Hook::ALL {
            let (name, wanted) = (hook.as_str(), parameters(*hook));
            let arities: Vec<usize> = self.functions(name).map(|function| function.params.len()).collect();
            let parameters = wanted.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            let write = Some(format!("write `fn {name}({parameters}) {{ … }}`"));
            let at = definition(text, name);
            match (manifest.hooks.contains(hook), arities.as_slice()) {
                (true, []) => {
                    let names: Vec<_> = self.ast.iter_functions().map(|function| function.name.to_owned()).collect();
                    let hint = did_you_mean(name, names.iter().map(String::as_str)).or(write);
                    let message = format!("the manifest lists the hook `{name}`, and the script has no such function");
                    self.say(None, &Wrong::new(message).hint(hint));
                }
                (true, arities) if !arities.contains(&wanted.len()) => {
                    self.say(at, &Wrong::new(format!("the hook `{name}` takes {parameters}")).hint(write));
                }
                (false, [_, ..]) => {
                    let hint = format!("add it to `hooks`, or give the function another name than `{name}`");
                    self.say(at, &Wrong::new(format!("the manifest does not list the hook `{name}`")).hint(Some(hint)));
                }
                (true | false, _) => {}
            }
        }
    }

    fn functions(&self, name: &str) -> impl Iterator<Item = ::rhai::ScriptFnMetadata<'_>> {
        self.ast.iter_functions().filter(move |function| function.name == name)
    }

    fn node(&mut self, path: &[ASTNode<'_>]) {
        if let Some(at) = misplaced_closure(path) {
            let hint = format!("write it as the first argument of {}, or make it a function", one_of(CALLERS));
            let wrong = Wrong::new("a closure stands only where it is called").hint(Some(hint));
            self.say(place(at), &wrong);
        }
        match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, at)) | ASTNode::Stmt(Stmt::FnCall(call, at)))
                if call.op_token.is_none() && call.name != CAPTURE =>
            {
                self.call(call, *at, Form::Function);
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, at))) => self.call(call, *at, Form::Method),
            Some(ASTNode::Expr(Expr::Dot(chain, ..))) => self.table(&chain.lhs, &chain.rhs),
            _ => {}
        }
    }

    /// `table("…")` with what follows behind the dot: conditions, and a result that is read at once.
    fn table(&mut self, table: &Expr, rest: &Expr) {
        let (Expr::FnCall(call, _), Some(tables)) = (table, self.tables) else { return };
        let (TABLE, [Expr::StringConstant(name, _)]) = (call.name.as_str(), call.args.as_slice()) else { return };
        let Ok(table) = tables.get(name) else { return };
        let (verb, below) = match rest {
            Expr::Dot(chain, ..) => (&chain.lhs, Some(&chain.rhs)),
            other => (other, None),
        };
        let Expr::MethodCall(verb, _) = verb else { return };
        if let [Expr::Map(facts, _)] = verb.args.as_slice() {
            for (name, _) in &facts.0 {
                self.known(table.condition(&name.name), name.pos);
            }
        }
        let property = match below {
            Some(Expr::Dot(chain, ..) | Expr::Index(chain, ..)) => Some(&chain.lhs),
            other => other,
        };
        if let (FIRST, Some(Expr::Property(property, at))) = (verb.name.as_str(), property) {
            self.known(table.result(&property.2), *at);
        }
    }

    fn known(&mut self, found: Result<(), LookupError>, at: Position) {
        if let Err(error) = found {
            self.say(place(at), &Wrong::new(error));
        }
    }

    fn call(&mut self, call: &FnCallExpr, at: Position, form: Form) {
        let name = call.name.as_str();
        let own = self.functions(name).any(|function| function.params.len() == call.args.len());
        if own || LANGUAGE.contains(&name) {
            return;
        }
        // A function may be called as a method of its first argument, and the other way round.
        let count = call.args.len() + usize::from(form == Form::Method);
        let Some(arities) = self.runtime.functions.get(name) else {
            let scripts: Vec<String> = self.ast.iter_functions().map(|function| function.name.to_owned()).collect();
            let known = self.runtime.functions.keys().map(String::as_str).chain(scripts.iter().map(String::as_str));
            let what = if form == Form::Method { "verb or function" } else { "function" };
            let wrong = Wrong::new(format!("there is no {what} `{name}`")).hint(did_you_mean(name, known));
            return self.say(place(at), &wrong);
        };
        let verb = self
            .runtime
            .verbs
            .iter()
            .find(|verb| verb.name == name && verb.form == form && verb.takes.len() == call.args.len());
        if !arities.contains(&count) {
            let described = self.runtime.verbs.iter().find(|verb| verb.name == name && verb.form == form);
            let wrong = described.map_or_else(
                || Wrong::new(format!("`{name}` was given {}", arguments(call))),
                |verb| misfit(verb, call),
            );
            return self.say(place(at), &wrong);
        }
        for ((_, sort), argument) in verb.map(|verb| verb.takes).unwrap_or_default().iter().zip(call.args.iter()) {
            self.argument(*sort, argument);
        }
    }

    /// Checks what stands where a `sort` is wanted, if it is written out.
    fn argument(&mut self, sort: Sort, argument: &Expr) {
        let Some(organisation) = self.world.map(|world| world.organisation().clone()) else { return };
        let wrong = match argument {
            Expr::StringConstant(name, _) if sort == Sort::Setting => self.setting(name),
            Expr::StringConstant(name, _) if sort == Sort::Table => {
                self.tables.map_or(Ok(()), |tables| tables.get(name).map(drop).map_err(Wrong::new))
            }
            Expr::StringConstant(text, _) => sort.check_text(&organisation, text),
            Expr::IntegerConstant(number, _) => sort.check_number(*number),
            Expr::Array(elements, _) => return elements.iter().for_each(|element| self.argument(sort, element)),
            _ => Ok(()),
        };
        if let Err(wrong) = wrong {
            self.say(place(argument.position()), &wrong);
        }
    }

    fn setting(&self, name: &str) -> Result<(), Wrong> {
        match self.manifest {
            Some(manifest) if !manifest.settings.contains_key(name) => {
                Err(unknown("setting", name, manifest.settings.keys().map(String::as_str)))
            }
            _ => Ok(()),
        }
    }

    /// Checks the properties of what a hook is handed, where its parameters are used by name.
    fn handles(&mut self, hook: Hook) {
        let wanted = parameters(hook);
        let name = hook.as_str();
        let Some(function) = self.functions(name).find(|function| function.params.len() == wanted.len()) else {
            return;
        };
        let owners: BTreeMap<String, Owner> =
            function.params.iter().map(|name| (*name).to_owned()).zip(wanted.iter().map(|(_, owner)| *owner)).collect();
        let mut only = self.ast.clone();
        only.clear_statements();
        only.retain_functions(|_, _, other, count| other == name && count == wanted.len());
        only.walk(&mut |path| {
            match path.last() {
                Some(ASTNode::Expr(Expr::Dot(chain, ..))) => {
                    if let (Some(owner), false) = (owner_of(&owners, &chain.lhs), is_assigned(path)) {
                        self.read(owner, &chain.rhs);
                    }
                }
                Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => {
                    if let Expr::Dot(chain, ..) = &assignment.1.lhs
                        && let Some(owner) = owner_of(&owners, &chain.lhs)
                    {
                        self.written(owner, &chain.rhs, &assignment.1.rhs);
                    }
                }
                _ => {}
            }
            true
        });
    }

    fn verbs(&self, owner: Owner, form: Form) -> impl Iterator<Item = &Verb> {
        self.runtime.verbs.iter().filter(move |verb| verb.owner == owner && verb.form == form)
    }

    /// `owner.x…` is read.
    fn read(&mut self, owner: Owner, rest: &Expr) {
        let (link, below) = match rest {
            Expr::Dot(chain, ..) | Expr::Index(chain, ..) => (&chain.lhs, Some(&chain.rhs)),
            other => (other, None),
        };
        let wrong = match link {
            Expr::Property(property, _) => {
                let name = property.2.as_str();
                let getters: Vec<&str> = self.verbs(owner, Form::Getter).map(|verb| verb.name).collect();
                let setter = self.verbs(owner, Form::Setter).any(|verb| verb.name == name);
                if owner == Owner::Message && name == "body" {
                    return self.body(below);
                }
                let known = getters.contains(&name) || setter;
                (!known).then(|| unknown_property(owner.title(), name, &getters))
            }
            Expr::MethodCall(call, _) => self.method(owner, call),
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.say(place(link.position()), &wrong);
        }
    }

    /// `owner.x(…)` is called.
    fn method(&self, owner: Owner, call: &FnCallExpr) -> Option<Wrong> {
        let name = call.name.as_str();
        let verbs: Vec<&Verb> = self.verbs(owner, Form::Method).collect();
        if let Some(verb) = verbs.iter().find(|verb| verb.name == name) {
            return (verb.takes.len() != call.args.len()).then(|| misfit(verb, call));
        }
        let elsewhere = self.runtime.verbs.iter().any(|verb| verb.name == name && verb.form == Form::Method);
        elsewhere.then(|| {
            let hint = did_you_mean(name, verbs.iter().map(|verb| verb.name));
            Wrong::new(format!("{} has no verb `{name}`", owner.title())).hint(hint)
        })
    }

    /// `message.body.x…` is read: some kind that the bundle applies to has to declare it.
    fn body(&mut self, below: Option<&Expr>) {
        let (Some(manifest), Some(world)) = (self.manifest, self.world) else { return };
        let link = match below {
            Some(Expr::Dot(chain, ..) | Expr::Index(chain, ..)) => &chain.lhs,
            Some(link) => link,
            None => return,
        };
        let Expr::Property(property, at) = link else { return };
        let name = property.2.as_str();
        let forms: Vec<&KindForm> =
            manifest.applies_to.kinds.iter().filter_map(|kind| world.forms().get(kind)).collect();
        if forms.is_empty() || forms.iter().any(|form| form.declares(&[name])) {
            return;
        }
        let fields: Vec<&str> = forms.iter().flat_map(|form| form.fields(crate::form::Node::ROOT)).collect();
        let wrong = unknown_property("the form", name, &fields);
        self.say(place(*at), &wrong);
    }

    /// `owner.x = …` is written.
    fn written(&mut self, owner: Owner, property: &Expr, value: &Expr) {
        let Expr::Property(property, at) = property else { return };
        let name = property.2.as_str();
        let setters: Vec<&str> = self.verbs(owner, Form::Setter).map(|verb| verb.name).collect();
        let sort = self.verbs(owner, Form::Setter).find(|verb| verb.name == name).and_then(|verb| verb.takes.first());
        match sort.map(|(_, sort)| *sort) {
            Some(sort) => self.argument(sort, value),
            None if self.verbs(owner, Form::Getter).any(|verb| verb.name == name) => {
                self.say(place(*at), &Wrong::new(format!("`{name}` of {} cannot be set", owner.title())));
            }
            None => self.say(place(*at), &unknown_property(owner.title(), name, &setters)),
        }
    }
}

/// The position of the last node of `path`, if that is a closure that could be kept.
fn misplaced_closure(path: &[ASTNode<'_>]) -> Option<Position> {
    let called = |parent: &ASTNode<'_>, closure: &Expr| match parent {
        ASTNode::Expr(Expr::MethodCall(call, _)) => {
            CALLERS.contains(&call.name.as_str()) && call.args.first().is_some_and(|first| std::ptr::eq(first, closure))
        }
        _ => false,
    };
    let captures = |node: &ASTNode<'_>| match node {
        ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)) => call.name == CAPTURE,
        _ => false,
    };
    match path {
        [.., parent, ASTNode::Expr(closure @ Expr::DynamicConstant(value, at))] if value.is_fnptr() => {
            (!captures(parent) && !called(parent, closure)).then_some(*at)
        }
        // Using variables from around it, a closure is a block that shares them and then binds them.
        [.., parent, ASTNode::Expr(closure @ Expr::Stmt(_)), bind]
        | [.., parent, ASTNode::Expr(closure @ Expr::Stmt(_)), ASTNode::Stmt(Stmt::Expr(_)), bind]
            if captures(bind) =>
        {
            (!called(parent, closure)).then(|| bind.position())
        }
        [.., bind] if captures(bind) => Some(bind.position()),
        _ => None,
    }
}

/// A verb with too few arguments, or too many.
fn misfit(verb: &Verb, call: &FnCallExpr) -> Wrong {
    let hint = format!("write `{}`, as in `{}`", verb.signature(), verb.example);
    Wrong::new(format!("`{}` was given {}", verb.name, arguments(call))).hint(Some(hint))
}

fn arguments(call: &FnCallExpr) -> String {
    match call.args.len() {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        more => format!("{more} arguments"),
    }
}

fn owner_of(owners: &BTreeMap<String, Owner>, expression: &Expr) -> Option<Owner> {
    match expression {
        Expr::Variable(variable, ..) => owners.get(variable.1.as_str()).copied(),
        _ => None,
    }
}

/// Whether the last node of `path` is what an assignment writes to.
fn is_assigned(path: &[ASTNode<'_>]) -> bool {
    match path {
        [.., ASTNode::Stmt(Stmt::Assignment(assignment)), ASTNode::Expr(written)] => {
            std::ptr::eq(&raw const assignment.1.lhs, *written)
        }
        _ => false,
    }
}

/// Where a function is defined.
fn definition(text: &str, name: &str) -> Option<Place> {
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    text.lines().zip(1..).find_map(|(line, number)| {
        let after = line.trim_start().trim_start_matches("private ").strip_prefix("fn ")?.trim_start();
        let rest = after.strip_prefix(name)?.trim_start();
        let column = line.chars().count() - line.trim_start().chars().count() + 1;
        rest.starts_with('(').then_some(Place { line: number, column: small(column) })
    })
}
