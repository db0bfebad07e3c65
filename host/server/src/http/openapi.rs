//! The description of the API, by OpenAPI 3.1: what is not said beside a route.

use std::sync::{Arc, LazyLock};

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::json::JSON_MEDIA_TYPE;
use super::problem::ProblemKind;

/// The name of the one security scheme.
const BEARER: &str = "token";

/// The document, written once. It is made of texts, and so always becomes JSON.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| super::openapi().to_json().unwrap_or_default());

/// The route of the description itself.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(document))
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "operation", security(()), responses(
    (status = 200, description = "The description of this API, by OpenAPI 3.1", body = Object)))]
async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, JSON_MEDIA_TYPE)], DOCUMENT.as_str())
}

/// The document without its routes.
pub(super) fn base() -> OpenApi {
    let scheme = SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token that `herald token add` or POST /v1/tokens made: `hrl_…`."))
            .build(),
    );
    let license = LicenseBuilder::new().name(env!("CARGO_PKG_LICENSE")).build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Herald")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(description()))
                .license(Some(license))
                .build(),
        )
        .components(Some(ComponentsBuilder::new().security_scheme(BEARER, scheme).build()))
        .security(Some([SecurityRequirement::new(BEARER, [] as [&str; 0])]))
        .build()
}

fn description() -> String {
    let mut text = String::from(
        "Routes an organisation's messages by each department's own rules.\n\n\
         Times are RFC 3339 with an offset. Lists are paged by `cursor`. An answer of success means durable. \
         What one may not see does not exist: 404.\n\n\
         Errors are `application/problem+json` (RFC 9457), of one of these types:\n\n\
         | type | status | meaning | what to do |\n| --- | --- | --- | --- |\n",
    );
    for kind in ProblemKind::ALL {
        let row = [kind.uri(), kind.status().as_u16().to_string(), kind.title().into(), kind.hint().into()];
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}
