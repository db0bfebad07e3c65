//! `herald token`.

use clap::{Args, Subcommand};
use herald_core::target::Actor;
use herald_store::configuration::Stamp;
use jiff::Timestamp;
use reqwest::Method;

use super::remote::Server;
use super::{Common, Failure};
use crate::data::DataFolder;
use crate::http::{NewToken, TokenBody};
use crate::output;
use crate::publish::random;
use crate::token_request::TokenRequest;
use crate::tokens::TokenText;

/// What a request without a body sends.
const NO_BODY: Option<&()> = None;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token; its secret is printed this once
    #[command(after_help = "Example:\n  herald token add --owner service:mes --department production --name 'line 2'")]
    Add(Add),
    /// List the tokens, without their secrets
    #[command(after_help = "Example:\n  herald token list --json")]
    List(List),
    /// Revoke a token
    #[command(after_help = "Example:\n  herald token revoke 3f7a90c1d2e4")]
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Whom it speaks for: `person:ID` or `service:NAME`
    #[arg(long)]
    owner: String,
    /// A department that the service speaks for; may be repeated
    #[arg(long = "department", value_name = "DEPARTMENT")]
    departments: Vec<String>,
    /// Its bearer runs this installation
    #[arg(long)]
    admin: bool,
    /// A department whose policies its bearer may publish; may be repeated
    #[arg(long = "author-of", value_name = "DEPARTMENT")]
    author_of: Vec<String>,
    /// By which it is listed and revoked; made up if left out
    #[arg(long)]
    id: Option<String>,
    /// What it is for
    #[arg(long, default_value = "")]
    name: String,
    /// From when on it is worth nothing, such as `2027-01-01T00:00:00Z`; never if left out
    #[arg(long, value_name = "TIME")]
    expires_at: Option<Timestamp>,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// The token's id, as `herald token list` prints it
    id: String,
    #[command(flatten)]
    server: Server,
}

impl TokenCommand {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        match self {
            Self::Add(command) => command.run(common),
            Self::List(command) => command.run(common),
            Self::Revoke(command) => command.run(common),
        }
    }
}

impl Add {
    fn run(self, common: &Common) -> Result<(), Failure> {
        let request = TokenRequest {
            owner: self.owner,
            departments: self.departments.into_iter().collect(),
            admin: self.admin,
            author_of: self.author_of.into_iter().collect(),
            id: self.id,
            name: self.name,
            expires_at: self.expires_at,
        };
        let made = match self.server.remote()? {
            Some(remote) => remote.ask(Method::POST, "/v1/tokens", Some(&request))?,
            None => {
                let settings = common.settings(Vec::new())?.settings;
                let folder = DataFolder::take(&settings.data, true)?;
                let (text, now) = (TokenText::new(&random()?), Timestamp::now());
                let token = request.token(&text, now)?;
                let stamp = Stamp { at: now, by: &Actor::Host, seed: random()? };
                folder.configuration(&settings)?.add_token(&token, &stamp)?;
                NewToken { secret: text.reveal().to_owned(), token: TokenBody::new(&token) }
            }
        };
        output::progress("the token is shown this once; keep it where secrets are kept");
        output::result(common.style(), &made, |made| made.secret.clone());
        Ok(())
    }
}

impl List {
    fn run(self, common: &Common) -> Result<(), Failure> {
        let tokens: Vec<TokenBody> = match self.server.remote()? {
            Some(remote) => remote.ask(Method::GET, "/v1/tokens", NO_BODY)?,
            None => {
                let settings = common.settings(Vec::new())?.settings;
                let folder = DataFolder::take(&settings.data, false)?;
                folder.configuration(&settings)?.tokens()?.iter().map(TokenBody::new).collect()
            }
        };
        output::result(common.style(), &tokens, |tokens| tokens.iter().map(text).collect());
        Ok(())
    }
}

impl Revoke {
    fn run(self, common: &Common) -> Result<(), Failure> {
        match self.server.remote()? {
            Some(remote) => remote.ask::<()>(Method::DELETE, &format!("/v1/tokens/{}", self.id), NO_BODY)?,
            None => {
                let settings = common.settings(Vec::new())?.settings;
                let folder = DataFolder::take(&settings.data, false)?;
                let stamp = Stamp { at: Timestamp::now(), by: &Actor::Host, seed: random()? };
                if !folder.configuration(&settings)?.revoke_token(&self.id, &stamp)? {
                    return Err(Failure::Finding(format!("there is no token `{}`", self.id)));
                }
            }
        }
        output::result(common.style(), &serde_json::json!({ "revoked": self.id }), |_| format!("revoked {}", self.id));
        Ok(())
    }
}

fn text(token: &TokenBody) -> String {
    let role = if token.admin { " admin" } else { "" };
    let list = |word: &str, names: &std::collections::BTreeSet<String>| match names.is_empty() {
        true => String::new(),
        false => format!(" {word} {}", names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
    };
    let until = token.expires_at.map(|end| format!(" until {end}")).unwrap_or_default();
    let (speaks, writes) = (list("for", &token.departments), list("author of", &token.author_of));
    format!("{}  {}{role}{speaks}{writes}{until}  {}\n", token.id, token.owner, token.name)
}
