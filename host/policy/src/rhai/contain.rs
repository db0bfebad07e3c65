//! Native functions of the language that make much out of little, contained.
//!
//! One native call cannot be interrupted, so each has to be bounded by the sizes of what it is given and of what it
//! makes. The engine compares both with its limits after a call, which is too late in three cases:
//!
//! * a result that is large beside its arguments: `pad` is refused, `replace` reckons before it writes;
//! * lists and maps that grew past the limits unseen, by `map[key] = …` or through a part (`list[0].push(…)`): they
//!   hold texts that are shared and cost nothing until they are written out or compared. Writing out and comparing
//!   measure first what they are given;
//! * lists in lists in lists: writing out and comparing go down by the host's own stack, so they measure the depth
//!   as well.
//!
//! And `sort` is a sort of our own: the language's swallows the errors of its comparer, and panics, in the host's log,
//! when the comparer contradicts itself.
//!
//! What is left is bounded by the limits themselves: texts are cut, joined, split and searched within
//! [`TEXT_LIMIT_BYTES`], lists sorted and compared within [`LIST_LIMIT`] elements, and iterators, which have no
//! end of their own, report an operation a turn.

use ::rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, Map, NativeCallContext};

use super::call::{Raised, Stop, raise};
use super::engine::{LIST_LIMIT, MAP_LIMIT, TEXT_LIMIT_BYTES, VALUE_DEPTH_LIMIT};
use super::meter;
use crate::vocabulary::Wrong;

/// Registers them over the language's own.
pub(super) fn register(engine: &mut Engine) {
    refuse_padding(engine);
    reckon_replacements(engine);
    for name in ["sort", "sort_by"] {
        engine.register_fn(name, sort_by);
    }
    for name in ["to_string", "to_debug"] {
        engine
            .register_fn(name, |context: NativeCallContext<'_>, list: &mut Array| {
                measured(|measure| measure.list(list));
                list_text(&context, list)
            })
            .register_fn(name, |context: NativeCallContext<'_>, map: &mut Map| {
                measured(|measure| measure.map(map));
                map_text(&context, map)
            });
    }
    engine.register_fn("to_json", |map: &mut Map| -> Raised<String> {
        measured(|measure| measure.map(map));
        serde_json::to_string(map).map_err(|_| raise(Wrong::new("the map has something in it that is no JSON")))
    });
    for (name, wanted) in [("==", true), ("!=", false)] {
        engine
            .register_fn(name, move |context: NativeCallContext<'_>, a: &mut Array, mut b: Array| -> Raised<bool> {
                measured(|measure| measure.list(a) && measure.list(&b));
                Ok(same_lists(&context, a, &mut b)? == wanted)
            })
            .register_fn(name, move |context: NativeCallContext<'_>, a: &mut Map, mut b: Map| -> Raised<bool> {
                measured(|measure| measure.map(a) && measure.map(&b));
                Ok(same_maps(&context, a, &mut b)? == wanted)
            });
    }
}

fn refuse_padding(engine: &mut Engine) {
    fn no_pad() -> Raised<()> {
        Err(raise(Wrong::new("`pad` is not available to policies")))
    }
    engine
        .register_fn("pad", |_: &mut Array, _: i64, _: Dynamic| no_pad())
        .register_fn("pad", |_: &mut ImmutableString, _: i64, _: char| no_pad())
        .register_fn("pad", |_: &mut ImmutableString, _: i64, _: ImmutableString| no_pad());
}

fn reckon_replacements(engine: &mut Engine) {
    fn replace(text: &mut ImmutableString, find: &str, put: &str) -> Raised<()> {
        let found = if find.is_empty() { text.chars().count() + 1 } else { text.matches(find).count() };
        if text.len().saturating_add(found.saturating_mul(put.len())) > TEXT_LIMIT_BYTES {
            return Err(raise(Wrong::new(format!("the text would grow beyond {TEXT_LIMIT_BYTES} bytes"))));
        }
        *text = text.replace(find, put).into();
        Ok(())
    }
    let letter = |letter: char| letter.to_string();
    engine
        .register_fn("replace", |text: &mut ImmutableString, find: ImmutableString, put: ImmutableString| {
            replace(text, &find, &put)
        })
        .register_fn("replace", move |text: &mut ImmutableString, find: ImmutableString, put: char| {
            replace(text, &find, &letter(put))
        })
        .register_fn("replace", move |text: &mut ImmutableString, find: char, put: ImmutableString| {
            replace(text, &letter(find), &put)
        })
        .register_fn("replace", move |text: &mut ImmutableString, find: char, put: char| {
            replace(text, &letter(find), &letter(put))
        });
}

/// Sorts by what `comparer` says of two elements; its errors are the sort's. Equal elements keep their order.
fn sort_by(context: NativeCallContext<'_>, list: &mut Array, comparer: FnPtr) -> Raised<()> {
    let mut sorted = list.clone();
    let mut width = 1;
    while width < sorted.len() {
        let mut rest = std::mem::take(&mut sorted).into_iter();
        while rest.len() > 0 {
            let left: Array = rest.by_ref().take(width).collect();
            let right: Array = rest.by_ref().take(width).collect();
            merge(&context, &comparer, &mut sorted, left, right)?;
        }
        width *= 2;
    }
    *list = sorted;
    Ok(())
}

/// Appends two sorted lists to `sorted`, as one.
fn merge(
    context: &NativeCallContext<'_>,
    comparer: &FnPtr,
    sorted: &mut Array,
    left: Array,
    right: Array,
) -> Raised<()> {
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let answer = comparer.call_raw(context, None, [a.clone(), b.clone()])?;
        let after = match (answer.as_int(), answer.as_bool()) {
            (Ok(order), _) => order > 0,
            (_, Ok(before)) => !before,
            _ => {
                let hint = Some("write `|a, b| a - b` or `|a, b| a < b`".to_owned());
                return Err(raise(Wrong::new("a comparer gives a whole number, or true or false").hint(hint)));
            }
        };
        sorted.extend(if after { right.next() } else { left.next() });
    }
    sorted.extend(left);
    sorted.extend(right);
    Ok(())
}

/// Ends the call unless `within` finds everything within the limits. An error would not do: the engine answers
/// one with writing the value out in its own way.
fn measured(within: impl FnOnce(&mut Measure) -> bool) {
    if !within(&mut Measure::default()) {
        meter::unwind(Stop::Value);
    }
}

/// How much there is in values, as far as they were looked through.
#[derive(Default)]
struct Measure {
    depth: usize,
    elements: usize,
    entries: usize,
    text_bytes: usize,
}

impl Measure {
    fn list(&mut self, list: &Array) -> bool {
        self.elements = self.elements.saturating_add(list.len());
        self.descend(|measure| measure.fits() && list.iter().all(|element| measure.value(element)))
    }

    fn map(&mut self, map: &Map) -> bool {
        self.entries = self.entries.saturating_add(map.len());
        self.descend(|measure| {
            measure.fits() && map.iter().all(|(key, value)| measure.text(key) && measure.value(value))
        })
    }

    fn value(&mut self, value: &Dynamic) -> bool {
        if let Ok(text) = value.as_immutable_string_ref() {
            self.text(&text)
        } else if let Ok(list) = value.as_array_ref() {
            self.list(&list)
        } else if let Ok(map) = value.as_map_ref() {
            self.map(&map)
        } else {
            true
        }
    }

    fn text(&mut self, text: &str) -> bool {
        self.text_bytes = self.text_bytes.saturating_add(text.len());
        self.fits()
    }

    fn descend(&mut self, look: impl FnOnce(&mut Self) -> bool) -> bool {
        self.depth += 1;
        let fits = look(self);
        self.depth -= 1;
        fits
    }

    /// Two values of full size may be compared.
    fn fits(&self) -> bool {
        self.depth <= VALUE_DEPTH_LIMIT
            && self.elements <= 2 * LIST_LIMIT
            && self.entries <= 2 * MAP_LIMIT
            && self.text_bytes <= 2 * TEXT_LIMIT_BYTES
    }
}

/// `[1, "two"]`
fn list_text(context: &NativeCallContext<'_>, list: &mut Array) -> String {
    let parts: Vec<String> = list.iter_mut().map(|element| debug_text(context, element)).collect();
    format!("[{}]", parts.join(", "))
}

/// `#{"one": 1}`
fn map_text(context: &NativeCallContext<'_>, map: &mut Map) -> String {
    let parts: Vec<String> =
        map.iter_mut().map(|(key, value)| format!("{key:?}: {}", debug_text(context, value))).collect();
    format!("#{{{}}}", parts.join(", "))
}

/// An element as the language writes it: by its `to_debug`, and without one by what it is.
fn debug_text(context: &NativeCallContext<'_>, value: &mut Dynamic) -> String {
    match context.call_native_fn_raw("to_debug", true, &mut [&mut *value]) {
        Ok(text) => text.into_string().unwrap_or_default(),
        Err(_) => super::error::title_of(value).to_owned(),
    }
}

fn same_lists(context: &NativeCallContext<'_>, a: &mut Array, b: &mut Array) -> Raised<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter_mut().zip(b) {
        if !same(context, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same_maps(context: &NativeCallContext<'_>, a: &mut Map, b: &mut Map) -> Raised<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (key, a) in a {
        let Some(b) = b.get_mut(key) else { return Ok(false) };
        if !same(context, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two elements are equal by the language's `==`. Of two sorts that it cannot compare, they differ.
fn same(context: &NativeCallContext<'_>, a: &mut Dynamic, b: &mut Dynamic) -> Raised<bool> {
    match context.call_native_fn_raw("==", true, &mut [&mut *a, &mut *b]) {
        Ok(answer) => Ok(answer.as_bool().unwrap_or(false)),
        Err(error) => match *error {
            EvalAltResult::ErrorFunctionNotFound(..) if a.type_id() != b.type_id() => Ok(false),
            _ => Err(error),
        },
    }
}
