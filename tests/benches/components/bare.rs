//! The floor: wasmtime with the host's own settings of pool and compiler, the same guest and the same message; no
//! limits, no records, and a host whose answers are ready. The guest is compiled without the checks that let it be
//! interrupted, unless what these cost is what is asked.

use herald_core::message::Message;
use herald_tests::Failure;
use herald_tests::workload::Files;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, Store};
use wit_component::ComponentEncoder;

use self::contract::PolicyPre;
use self::contract::herald::policy::{host, types};

mod contract {
    wasmtime::component::bindgen!({ path: "../sdk/wit/herald-policy.wit", world: "policy" });
}

/// What the guests ask for, answered.
struct Answers;

impl types::Host for Answers {}

impl host::Host for Answers {
    /// The row of `customer-service/complaint-triage` for a serious complaint.
    fn lookup(&mut self, _: String, _: Vec<host::Cell>, _: u32) -> Result<Vec<Vec<host::Cell>>, String> {
        Ok(vec![vec![
            ("tier".to_owned(), host::Value::Integer(2)),
            ("owner".to_owned(), host::Value::Text("role:customer-service/supervisor".to_owned())),
            ("within_hours".to_owned(), host::Value::Integer(24)),
        ]])
    }

    fn resolve(&mut self, _: String) -> Result<Vec<String>, String> {
        Ok(vec!["person:li".to_owned()])
    }

    fn tier(&mut self, _: String) -> Result<String, String> {
        Ok("strategic".to_owned())
    }

    fn add_working_time(&mut self, _: String, _: String, _: host::Span) -> Result<String, String> {
        Ok("2026-01-07T09:30:00Z".to_owned())
    }

    fn log(&mut self, _: String) {}
}

/// A guest, compiled and linked, with what its `route` is given.
pub(crate) struct Bare {
    engine: Engine,
    linked: PolicyPre<Answers>,
    message: types::Message,
    settings: String,
    is_interruptible: bool,
}

impl Bare {
    /// Compiles the component of a bundle, or the module that becomes one, on an engine of its own.
    ///
    /// # Errors
    /// When it is neither, asks for more than a policy may, or has no plan for the message.
    pub(crate) fn new(
        files: &Files,
        message: &Message,
        settings: String,
        is_interruptible: bool,
    ) -> Result<Self, Failure> {
        let binary = files.get("policy.wasm").ok_or("no component")?;
        let mut config = herald_policy::component_config();
        config.epoch_interruption(is_interruptible);
        let engine = Engine::new(&config)?;
        let is_module = wasmparser::Parser::is_core_wasm(binary);
        let component = match is_module {
            true => Component::new(&engine, ComponentEncoder::default().module(binary)?.encode()?)?,
            false => Component::new(&engine, binary)?,
        };
        let mut linker = Linker::new(&engine);
        contract::Policy::add_to_linker::<_, HasSelf<_>>(&mut linker, |answers| answers)?;
        let linked = PolicyPre::new(linker.instantiate_pre(&component)?)?;
        let bare = Self { engine, linked, message: record(message), settings, is_interruptible };
        bare.route().map(|_| bare)
    }

    /// The same once more, with another engine.
    ///
    /// # Errors
    /// As [`Bare::new`].
    pub(crate) fn again(&self, files: &Files, message: &Message) -> Result<Self, Failure> {
        Self::new(files, message, self.settings.clone(), self.is_interruptible)
    }

    /// How much `route` asks for, of a fresh instance.
    ///
    /// # Errors
    /// When it traps, or answers with an error.
    pub(crate) fn route(&self) -> Result<usize, Failure> {
        let mut store = Store::new(&self.engine, Answers);
        if self.is_interruptible {
            store.set_epoch_deadline(1); // No ticker comes to it.
        }
        let policy = self.linked.instantiate(&mut store)?;
        let plan = policy.herald_policy_hooks().call_route(&mut store, &self.message, &self.settings)??;
        Ok(plan.sends.len() + plan.goals.len())
    }
}

/// A message as the contract has it.
fn record(message: &Message) -> types::Message {
    types::Message {
        kind: message.kind.to_string(),
        subject: message.subject.clone(),
        summary: message.summary.clone(),
        body: serde_json::Value::Object(message.body.clone()).to_string(),
        sender: message.sender.to_string(),
        department: message.department.to_string(),
        urgency: message.urgency.as_str().to_owned(),
        audience: message.audience.as_str().to_owned(),
        classification: message.classification.as_str().to_owned(),
        content_type: message.content_type.as_str().to_owned(),
        to: message.to.iter().map(ToString::to_string).collect(),
        labels: message.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        submitted_at: message.submitted_at.to_string(),
    }
}
