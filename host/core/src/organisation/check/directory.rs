//! Departments, people, contacts: somebody answers for everything, and everybody who is named exists.

use std::collections::BTreeMap;

use super::super::channel::{Address, Transport};
use super::super::directory::{Department, HEAD, Person, head_of};
use super::super::{INBOX, ORGANISATION};
use super::{Among, Check, Field, is_whole};
use crate::names::{ChannelName, DepartmentId};

/// Words that are targets of their own; a department of that name would be taken for one.
const RESERVED: &[&str] = &["everyone", "anonymous"];

impl Check<'_> {
    pub(super) fn departments(&mut self) {
        let at = Field::section("departments");
        if !self.organisation.departments.contains_key(ORGANISATION) {
            let message = "missing: it stands for the whole, and bears its title and the roles above departments";
            self.say(at.key(ORGANISATION), message);
        }
        for (id, department) in &self.organisation.departments {
            self.department_entry(&at.key(id.as_str()), id, department);
        }
    }

    fn department_entry(&mut self, at: &Field, id: &DepartmentId, department: &Department) {
        self.file_name(at.clone(), id.as_str());
        if RESERVED.contains(&id.as_str()) {
            self.say(at.clone(), format!("`{id}` means something else in Herald; choose another name"));
        }
        self.title(at, &department.title);
        let roles = at.key("roles");
        for (role, holders) in &department.roles {
            let place = roles.key(role.as_str());
            if holders.is_empty() {
                self.say(place.clone(), "nobody holds this role; name somebody, or leave the role out");
            }
            self.persons(&place, holders);
        }
        let head = head_of(id);
        match department.roles.get(HEAD) {
            None if is_whole(id) => {}
            None => self.say(roles.key(HEAD), "missing: somebody must answer for the department"),
            Some(holders) => {
                let exist = holders.iter().all(|person| self.organisation.people.contains_key(person));
                if exist && !holders.is_empty() && self.reachable(&head) == 0 {
                    self.say(
                        roles.key(HEAD),
                        "nobody of these still works here; somebody must answer for the department",
                    );
                }
            }
        }
        self.persons(&at.key("contacts"), &department.contacts);
        if let Some(leader) = &department.leader {
            self.person(at.key("leader"), leader);
        }
        self.calendar(at.key("calendar"), department.calendar.as_ref());
        if let Some(target) = &department.catch_all {
            self.people_of(&at.key("catch_all"), target, Among::Responsible);
        }
    }

    pub(super) fn people(&mut self) {
        let at = Field::section("people");
        if !self.organisation.people.values().any(|person| person.active) {
            self.say(at.clone(), "nobody works here: the directory needs at least one active person");
        }
        for (id, person) in &self.organisation.people {
            let at = at.key(id.as_str());
            self.person_entry(&at, person);
            if person.substitute.as_ref() == Some(id) {
                self.say(at.key("substitute"), "nobody can stand in for themselves");
            }
        }
    }

    fn person_entry(&mut self, at: &Field, person: &Person) {
        self.title(at, &person.title);
        let departments = at.key("departments");
        for (index, department) in person.departments.iter().enumerate() {
            self.department(departments.index(index), department);
        }
        self.each_once(&departments, &person.departments);
        if let Some(substitute) = &person.substitute {
            self.person(at.key("substitute"), substitute);
        }
        for (index, absence) in person.absences.iter().enumerate() {
            if absence.until <= absence.from {
                let place = at.key("absences").index(index).key("until");
                self.say(place, "must be later than `from`: it is the first moment after the absence");
            }
        }
        self.addresses(at, &person.addresses);
    }

    pub(super) fn contacts(&mut self) {
        for (id, contact) in &self.organisation.contacts {
            let at = Field::section("contacts").key(id.as_str());
            self.title(&at, &contact.title);
            if let Some(owner) = &contact.owner {
                self.person(at.key("owner"), owner);
            }
            self.addresses(&at, &contact.addresses);
        }
    }

    fn addresses(&mut self, entry: &Field, addresses: &BTreeMap<ChannelName, Address>) {
        for (name, address) in addresses {
            let at = entry.key("addresses").key(name.as_str());
            self.channel(at.clone(), name);
            match self.organisation.channels.get(name).map(|channel| &channel.transport) {
                Some(Transport::Inbox) => self.say(
                    at,
                    format!("channel `{name}` needs no address: its messages stay in the `{INBOX}` that Herald keeps"),
                ),
                Some(Transport::Webhook { .. }) => self.url(at, address),
                None => {}
            }
        }
    }
}
