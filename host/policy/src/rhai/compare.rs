//! Comparing things that do not compare.
//!
//! The language answers `"5" >= 5` and `() >= 5` with `false`, and so would a label, which is a text, compared
//! with a number. A rule that mistakes the type of a field would never apply and never say so, and an approval
//! would be skipped. Here such comparisons are errors.

use ::rhai::{Array, Engine, ImmutableString, Map, Variant};
use rust_decimal::Decimal;

use super::call::{Raised, raise};
use super::time::Time;
use crate::vocabulary::Wrong;

/// What a value is called in messages.
trait Titled: Variant + Clone {
    const TITLE: &'static str;
}

macro_rules! titles {
    ($($type:ty = $title:literal;)*) => {$(
        impl Titled for $type {
            const TITLE: &'static str = $title;
        }
    )*};
}

titles! {
    ImmutableString = "a text";
    char = "a character";
    i64 = "a whole number";
    f64 = "a number";
    Decimal = "a decimal";
    bool = "true or false";
    () = "nothing";
    Array = "a list";
    Map = "a map";
    Time = "a time";
}

/// Registers the refusals.
pub(super) fn register(engine: &mut Engine) {
    // The engine's shortcut for operators would answer before what is registered here.
    engine.set_fast_operators(false);

    const ORDER: &[&str] = &["<", "<=", ">", ">="];
    macro_rules! apart {
        ($operators:expr, $($left:ty: $($right:ty),*;)*) => {$($(
            refuse::<$left, $right>(engine, $operators);
            refuse::<$right, $left>(engine, $operators);
        )*)*};
    }
    apart! { ORDER,
        ImmutableString: i64, f64, Decimal, bool, (), Array, Map, Time;
        char: i64, f64, Decimal, bool, (), Array, Map, Time;
        i64: bool, (), Array, Map, Time;
        f64: Decimal, bool, (), Array, Map, Time;
        Decimal: bool, (), Array, Map, Time;
        bool: (), Array, Map, Time;
        (): (), Array, Map, Time;
        Array: Array, Map, Time;
        Map: Map, Time;
    }
    apart! { &["==", "!="],
        ImmutableString: i64, f64, Decimal, bool;
        char: i64, f64, Decimal, bool;
        bool: i64, f64, Decimal;
        f64: Decimal;
    }
}

fn refuse<A: Titled, B: Titled>(engine: &mut Engine, operators: &[&str]) {
    for operator in operators {
        engine.register_fn(*operator, |_: A, _: B| -> Raised<bool> {
            Err(raise(Wrong::new(format!("{} cannot be compared with {}", A::TITLE, B::TITLE))))
        });
    }
}
