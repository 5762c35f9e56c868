//! Makes the manifest of a server of one's own from the one in the project.

use super::origin_of;
use super::resources::is_guid;

/// Where the project's own manifest says the server stands.
const LOCAL: &str = "https://localhost:3000";

/// What differs between one installation and the next.
#[derive(Clone, Copy, Debug)]
pub struct Deployment<'a> {
    /// The server's origin, such as `https://regarding.example.com`.
    pub origin: &'a str,
    /// The add-in's id, a GUID; one tenant must not have two add-ins of one id.
    pub id: &'a str,
    /// A page where people find help.
    pub support: Option<&'a str>,
}

/// The manifest of that deployment, from the project's own.
///
/// # Errors
/// Says what is wrong with the deployment or the template.
pub fn deploy(template: &str, deployment: &Deployment<'_>) -> Result<String, String> {
    let Deployment { origin, id, support } = deployment;
    let is_clean = |address: &str| !address.contains(|c: char| c.is_whitespace() || "<>\"'&\\".contains(c));
    if origin_of(origin) != Some(*origin) || !is_clean(origin) {
        return Err(format!(
            "`{origin}` is no origin: give it as https://host or https://host:port, without a path"
        ));
    }
    if !is_guid(id) {
        return Err(format!("`{id}` is no GUID: it looks like 01234567-89ab-cdef-0123-456789abcdef"));
    }
    if let Some(page) = support.filter(|page| origin_of(page).is_none() || !is_clean(page)) {
        return Err(format!("`{page}` is no https address"));
    }
    let opening = "<Id>";
    let from = template.find(opening).ok_or("the template has no Id")? + opening.len();
    let to = from + template[from..].find("</Id>").ok_or("the template's Id does not end")?;
    let deployed = format!("{}{id}{}", &template[..from], &template[to..]).replace(LOCAL, origin);
    let Some(page) = support else { return Ok(deployed) };
    let (before, after) = deployed.split_once("  <AppDomains>").ok_or("the template has no AppDomains")?;
    Ok(format!("{before}  <SupportUrl DefaultValue=\"{page}\"/>\n  <AppDomains>{after}"))
}
