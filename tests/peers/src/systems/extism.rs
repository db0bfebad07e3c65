//! extism: a plug-in written with its kit, `guests/extism`, whose rules are in its own code.
//!
//! The plug-in is compiled once and shared. A program may then make an instance of it for each call, which is what
//! Herald does, so that nothing is left of one message at the next; or it may keep one for each thread.

use extism::{CompiledPlugin, Plugin, PluginBuilder, convert::Json};

use super::{Asker, Loaded, System};
use crate::Failure;
use crate::workload::{Facts, Outcome, Rule};

/// The plug-in, as `guests/build` makes it.
const PLUGIN: &[u8] = include_bytes!("../../guests/extism.wasm");

/// The system.
pub(crate) enum Extism {
    /// With an instance for each call.
    Fresh,
    /// With one that is kept.
    Kept,
}

/// The compiled plug-in.
struct Compiled {
    plugin: CompiledPlugin,
    keeps: bool,
}

struct Fresh<'a>(&'a CompiledPlugin);
struct Kept(Plugin);

impl System for Extism {
    fn text(&self, _: &[Rule]) -> Result<String, Failure> {
        Ok(String::new())
    }

    fn load(&self, _: String) -> Result<Box<dyn Loaded>, Failure> {
        let plugin = PluginBuilder::new(PLUGIN).with_wasi(false).with_cache_disabled().compile()?;
        Ok(Box::new(Compiled { plugin, keeps: matches!(self, Self::Kept) }))
    }
}

impl Loaded for Compiled {
    fn asker(&self) -> Result<Box<dyn Asker + '_>, Failure> {
        Ok(if self.keeps {
            Box::new(Kept(Plugin::new_from_compiled(&self.plugin)?))
        } else {
            Box::new(Fresh(&self.plugin))
        })
    }
}

impl Asker for Fresh<'_> {
    fn ask(&mut self, facts: &Facts) -> Result<Option<Outcome>, Failure> {
        call(&mut Plugin::new_from_compiled(self.0)?, facts)
    }
}

impl Asker for Kept {
    fn ask(&mut self, facts: &Facts) -> Result<Option<Outcome>, Failure> {
        call(&mut self.0, facts)
    }
}

fn call(plugin: &mut Plugin, facts: &Facts) -> Result<Option<Outcome>, Failure> {
    let Json(outcome) = plugin.call("route", Json(facts))?;
    Ok(outcome)
}
