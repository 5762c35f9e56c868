// What stands in the CRM, as one of the people may read it: through the public Web API, with a token like
// any other client. So it also shows whose privileges end where.
//
// Each record links to the address under which Dynamics 365 shows it.

import { element, refill } from "./dom.js";

const API = "/api/data/v9.2";
const FORMATTED = "@OData.Community.Display.V1.FormattedValue";
const TARGET = "@Microsoft.Dynamics.CRM.lookuplogicalname";
const NEWEST = 50;

/** Each table by its logical name: entity set, key, columns to list. */
const TABLES = {
  email: { set: "emails", key: "activityid", columns: ["subject", "_regardingobjectid_value", "statuscode", "_ownerid_value", "createdon"] },
  account: { set: "accounts", key: "accountid", columns: ["name", "accountnumber", "address1_city", "_ownerid_value"] },
  contact: { set: "contacts", key: "contactid", columns: ["fullname", "emailaddress1", "jobtitle", "_parentcustomerid_value", "_ownerid_value"] },
  lead: { set: "leads", key: "leadid", columns: ["fullname", "companyname", "emailaddress1", "subject", "_ownerid_value"] },
  opportunity: { set: "opportunities", key: "opportunityid", columns: ["name", "statecode", "_ownerid_value"] },
  incident: { set: "incidents", key: "incidentid", columns: ["title", "ticketnumber", "statecode", "_ownerid_value"] },
};
const HEADINGS = {
  _regardingobjectid_value: "regarding", _ownerid_value: "owner", _parentcustomerid_value: "company", statuscode: "status",
  statecode: "state", createdon: "created", emailaddress1: "email", fullname: "name", accountnumber: "number",
  address1_city: "city", jobtitle: "job title", companyname: "company", ticketnumber: "number",
};

const config = await (await fetch("/host/config")).json();
const query = new URLSearchParams(location.search);
const main = document.getElementById("records");
let person = config.people.find(({ upn }) => upn === query.get("person") || upn.split(".")[0] === query.get("person")) ?? config.people[0];

await draw();

async function draw() {
  const heading = [element("h1", {}, "CRM records"), people()];
  try {
    const token = await signIn();
    refill(main, heading, await Promise.all(Object.keys(TABLES).map((name) => showTable(token, name))));
  } catch (error) {
    refill(main, heading, element("p", { role: "alert" }, error.message));
  }
}

function people() {
  const select = element("select", { "aria-label": "Person", onchange: ({ target }) => (person = config.people[target.selectedIndex], draw()) },
    config.people.map(({ name, title, upn }) => element("option", { selected: upn === person.upn }, `${name}, ${title}`)));
  return element("p.sheet__lead", {}, "Read through the Web API as ", select);
}

async function signIn() {
  const response = await fetch("/sandbox/naa/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ person: person.upn, clientId: config.clientId, scope: `${config.origin}/user_impersonation` }),
  });
  const body = await response.json();
  if (!response.ok) {
    throw new Error(body.error_description ?? body.error?.message ?? `Entra ID answers ${response.status}.`);
  }
  return body.access_token;
}

async function get(token, path) {
  const response = await fetch(API + path, {
    headers: { Authorization: `Bearer ${token}`, Accept: "application/json", Prefer: 'odata.include-annotations="*"' },
  });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Error(body.error?.message ?? `Dataverse answers ${response.status}.`);
  }
  return body;
}

async function showTable(token, name) {
  const { set, key, columns } = TABLES[name];
  const order = columns.includes("createdon") ? "&$orderby=createdon desc" : "";
  let rows;
  try {
    ({ value: rows } = await get(token, `/${set}?$select=${columns.join(",")}${order}&$top=${NEWEST}`));
  } catch (error) {
    return [element("h2", {}, set), element("p", {}, error.message)];
  }
  const cell = (row, column, index) =>
    element("td", {}, index === 0 ? element("a", { href: recordAddress(name, row[key]) }, value(row, column)) : value(row, column));
  return [
    element("h2", {}, `${set} (${rows.length})`),
    rows.length
      ? element("table", {},
          element("thead", {}, element("tr", {}, columns.map((column) => element("th", {}, HEADINGS[column] ?? column)))),
          element("tbody", {}, rows.map((row) => element("tr", {}, columns.map((column, index) => cell(row, column, index))))))
      : element("p.sheet__lead", {}, "None."),
  ];
}

// A lookup is a link to its record, where this page knows the table.
function value(row, column) {
  const text = String(row[column + FORMATTED] ?? row[column] ?? "");
  const table = row[column + TARGET];
  return TABLES[table] ? element("a", { href: recordAddress(table, row[column]) }, text) : text;
}

function recordAddress(table, id) {
  return `/main.aspx?${new URLSearchParams({ pagetype: "entityrecord", etn: table, id })}`;
}
