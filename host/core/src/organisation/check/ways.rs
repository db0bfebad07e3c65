//! Channels and kinds: what can be sent, and the ways out.

use std::collections::BTreeSet;

use super::super::channel::{Channel, FanOut, INBOX, Transport};
use super::super::kind::{Kind, NAMING_FIELDS, NUMBER, NUMBERING_FIELDS};
use super::{Among, Check, Field};
use crate::failing::NOTICE_KIND;
use crate::names::PersonId;
use crate::plan::{Mode, StagePlan};
use crate::span::WORKING_DAYS_LIMIT;
use crate::target::Target;

/// The longest URL of a webhook, in bytes: what servers commonly accept.
const URL_LIMIT_BYTES: usize = 2_048;
/// The most tries in a channel's own schedule.
const TRIES_LIMIT: usize = 32;
/// The longest time between two tries, in seconds: seven days.
const RETRY_LIMIT_SECONDS: u32 = 7 * 24 * 3_600;
/// What secrets of Standard Webhooks begin with.
const SECRET_PREFIX: &str = "whsec_";

impl Check<'_> {
    pub(super) fn channels(&mut self) {
        let at = Field::section("channels");
        match self.organisation.channels.get(INBOX).map(|channel| &channel.transport) {
            None => self.say(at.key(INBOX), "missing: every organisation has the channel that Herald itself keeps"),
            Some(Transport::Inbox) => {}
            Some(_) => {
                self.say(at.key(INBOX).key("transport"), "the channel of this name has the transport `inbox`");
            }
        }
        for (id, channel) in &self.organisation.channels {
            self.channel_entry(&at.key(id.as_str()), channel);
        }
    }

    fn channel_entry(&mut self, at: &Field, channel: &Channel) {
        self.title(at, &channel.title);
        for (index, department) in channel.open_to.iter().enumerate() {
            self.department(at.key("open_to").index(index), department);
        }
        if let Some(owner) = &channel.owner {
            self.people_of(&at.key("owner"), owner, Among::Responsible);
        }
        if let Some(contact) = &channel.contact {
            self.people_of(&at.key("contact"), contact, Among::Responsible);
        }
        if let Some(stage) = &channel.approval {
            self.approval(&at.key("approval"), stage);
        }
        if channel.transport == Transport::Inbox && channel.per == Some(FanOut::Target) {
            self.say(at.key("per"), "an inbox belongs to a person; leave it out, or write `person`");
        }
        if let Transport::Webhook { url, secret, retry_after_seconds } = &channel.transport {
            let at = at.key("transport");
            self.url(at.key("url"), url);
            if let Some(secret) = secret {
                self.secret_name(at.key("secret"), secret);
            }
            if let Some(delays) = retry_after_seconds {
                self.schedule(&at.key("retry_after_seconds"), delays);
            }
        }
    }

    fn approval(&mut self, at: &Field, stage: &StagePlan) {
        let approvers = at.key("approvers");
        if stage.approvers.is_empty() {
            self.say(approvers.clone(), "is empty: an approval that nobody can give holds every message");
        }
        for (index, target) in stage.approvers.iter().enumerate() {
            self.people_of(&approvers.index(index), target, Among::Responsible);
        }
        if let Mode::Quorum(needed) = stage.mode {
            let members = |target: &Target| self.organisation.members(target).into_iter().collect::<Vec<_>>();
            let people: BTreeSet<&PersonId> = stage.approvers.iter().flat_map(members).collect();
            let found = u32::try_from(people.len()).unwrap_or(u32::MAX);
            if needed == 0 || needed > found {
                self.say(
                    at.key("mode"),
                    format!("a quorum of {needed} cannot be had: the approvers are {found} people"),
                );
            }
        }
    }

    pub(super) fn url(&mut self, field: Field, url: &str) {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
        // No message shows the URL: many bear a token or a password.
        let message = match authority {
            _ if url.len() > URL_LIMIT_BYTES => format!("is longer than {URL_LIMIT_BYTES} bytes"),
            None => "is no web address; write one that begins with `https://` or `http://`".to_owned(),
            Some("") => "names no host".to_owned(),
            Some(authority) if authority.contains('@') => {
                "has a name or password in it; sign with a `secret` instead".to_owned()
            }
            Some(_) if url.contains(|c: char| c.is_whitespace() || c.is_control()) => {
                "contains a blank; write `%20` for it".to_owned()
            }
            Some(_) => return,
        };
        self.say(field, message);
    }

    fn secret_name(&mut self, field: Field, secret: &str) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        // Neither message shows the text, which may be a secret.
        if secret.starts_with(SECRET_PREFIX) {
            self.say(field, "is a secret itself; write its name here, and keep the secret in the host's settings");
        } else if secret.is_empty() || !secret.chars().all(is_name) {
            self.say(field, "is not the name of a secret; use letters, digits, `-`, `_` and `.`");
        }
    }

    fn schedule(&mut self, field: &Field, delays: &[u32]) {
        if delays.is_empty() || delays.len() > TRIES_LIMIT {
            let message = format!("has {} tries; write 1 to {TRIES_LIMIT}, or leave it out", delays.len());
            self.say(field.clone(), message);
        }
        for (index, delay) in delays.iter().enumerate().filter(|(_, delay)| **delay > RETRY_LIMIT_SECONDS) {
            let message = format!("{delay} seconds are more than {RETRY_LIMIT_SECONDS}, seven days");
            self.say(field.index(index), message);
        }
    }

    pub(super) fn kinds(&mut self) {
        for (id, kind) in &self.organisation.kinds {
            let at = Field::section("kinds").key(id.as_str());
            self.file_name(at.clone(), id.as_str());
            if id.as_str() == NOTICE_KIND {
                self.say(at.clone(), "is a kind of herald's own; choose another name");
            }
            self.title(&at, &kind.title);
            self.template(at.key("naming"), &kind.naming, NAMING_FIELDS);
            if let Some(template) = &kind.document_number {
                self.template(at.key("document_number"), template, NUMBERING_FIELDS);
                if template.matches(&format!("{{{NUMBER}}}")).count() != 1 {
                    self.say(
                        at.key("document_number"),
                        format!("must name `{{{NUMBER}}}` once: it tells documents apart"),
                    );
                }
            }
            self.form(&at.key("form"), kind);
            let days = kind.close_after_working_days;
            if days == 0 || days > WORKING_DAYS_LIMIT {
                let message = format!("{days} working days is out of range; write 1 to {WORKING_DAYS_LIMIT}");
                self.say(at.key("close_after_working_days"), message);
            }
            let days = kind.reopen_within_working_days;
            if days > WORKING_DAYS_LIMIT {
                let message = format!("{days} working days is out of range; write 0 to {WORKING_DAYS_LIMIT}");
                self.say(at.key("reopen_within_working_days"), message);
            }
        }
    }

    /// A template that may use these fields.
    fn template(&mut self, field: Field, template: &str, fields: &[&str]) {
        if template.trim().is_empty() {
            self.say(field, "is empty: cases need a name; leave it out for the usual one");
            return;
        }
        for part in template.split('{').skip(1) {
            let Some((name, _)) = part.split_once('}') else {
                self.say(field, "has a `{` without a `}`");
                return;
            };
            if !fields.contains(&name) {
                let known = fields.join("}`, `{");
                self.say(field.clone(), format!("there is no field `{{{name}}}`; use `{{{known}}}`"));
            }
        }
    }

    fn form(&mut self, field: &Field, kind: &Kind) {
        let Some(form) = kind.form.as_object() else {
            self.say(field.clone(), "a form is a JSON Schema: an object");
            return;
        };
        if form.get("type").and_then(|value| value.as_str()) != Some("object") {
            self.say(field.key("type"), "must be `object`: a message's body is an object, its fields are `properties`");
        }
        let properties = form.get("properties").map(|value| value.as_object().ok_or(()));
        if properties == Some(Err(())) {
            self.say(field.key("properties"), "must be an object that names the fields of the form");
        }
        let required = form.get("required").and_then(|value| value.as_array());
        for (index, name) in required.into_iter().flatten().enumerate() {
            let at = field.key("required").index(index);
            match (name.as_str(), properties) {
                (None, _) => self.say(at, "is not the name of a field"),
                (Some(name), Some(Ok(known))) if !known.contains_key(name) => {
                    self.unknown(at, "field", name, known.keys().map(String::as_str));
                }
                _ => {}
            }
        }
    }
}
