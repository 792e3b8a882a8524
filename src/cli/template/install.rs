//! `recon template install` and `recon template packs`.

use serde_json::{Value, json};

use super::place::Place;
use super::plan::{Step, step};
use crate::cli::client::Remote;
use crate::cli::printable::printable;
use crate::cli::{CliError, Context, block_on, output, table};
use crate::domain::phone::comparable_sender;
use crate::domain::template::TemplateSpec;
use crate::packs::{self, Bank, Pack};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The pack, of those that `recon template packs` lists
    pack: String,
    /// Only this bank, by its key; may be given several times
    #[arg(long)]
    bank: Vec<String>,
    /// Tell what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Replace templates of the same name that differ from the pack's
    #[arg(long)]
    replace: bool,
    /// Add the banks' senders to the phone whitelist too
    #[arg(long)]
    whitelist: bool,
}

/// Prints the packs of this build.
pub(super) fn list(context: &Context) -> Result<(), CliError> {
    let items: Vec<Value> = packs::SUMMARIES
        .iter()
        .map(|pack| {
            let banks: Vec<&str> = pack.bank_keys().collect();
            json!({ "pack": pack.name, "title": pack.title, "banks": banks })
        })
        .collect();
    if context.json() {
        return output::print_json(&json!({ "items": items }));
    }
    output::print(&table::rows(&items, &[("pack", "pack"), ("what", "title"), ("banks (--bank)", "banks")]))
}

/// Installs a pack at the running daemon, or on the store where none runs.
pub(super) fn run(context: &Context, remote: &Remote, args: &Args) -> Result<(), CliError> {
    let pack = args.chosen()?;
    let done = block_on(async {
        let place = Place::find(context, remote, args.dry_run).await?;
        let done = args.install(&place, &pack).await;
        place.close().await;
        done
    })?;
    if context.json() { output::print_json(&done) } else { output::print(&args.shown(&done)) }
}

impl Args {
    /// The pack with the banks that were asked for.
    fn chosen(&self) -> Result<Pack, CliError> {
        let unreadable = |error: packs::PackError| CliError::No(error.to_string());
        let Some(mut pack) = packs::pack(&self.pack).map_err(unreadable)? else {
            let known: Vec<&str> = packs::SUMMARIES.iter().map(|pack| pack.name).collect();
            return Err(CliError::Usage(format!("there is no pack {:?}: there are {}", self.pack, known.join(", "))));
        };
        if let Some(unknown) = self.bank.iter().find(|asked| pack.banks.iter().all(|bank| bank.key != **asked)) {
            let known: Vec<&str> = pack.banks.iter().map(|bank| bank.key).collect();
            let known = known.join(", ");
            return Err(CliError::Usage(format!("pack {} has no bank {unknown:?}: it has {known}", self.pack)));
        }
        if !self.bank.is_empty() {
            pack.banks.retain(|bank| self.bank.iter().any(|asked| asked == bank.key));
        }
        Ok(pack)
    }

    async fn install(&self, place: &Place, pack: &Pack) -> Result<Value, CliError> {
        let stored = place.templates().await?;
        let mut templates = Vec::new();
        for bank in &pack.banks {
            for spec in &bank.templates {
                templates.push(self.install_one(place, bank, spec, &stored).await?);
            }
        }
        let senders = self.senders(place, pack).await?;
        let notes = pack.banks.iter().filter_map(|bank| {
            let note = bank.note.as_ref()?;
            Some(json!({ "bank": bank.name, "note": note }))
        });
        let notes: Vec<Value> = notes.collect();
        Ok(json!({
            "pack": pack.name, "on": place.name(), "dry_run": self.dry_run,
            "templates": templates, "whitelist": senders, "notes": notes,
        }))
    }

    async fn install_one(
        &self,
        place: &Place,
        bank: &Bank,
        spec: &TemplateSpec,
        stored: &[Value],
    ) -> Result<Value, CliError> {
        let mut told = json!({ "bank": bank.name, "name": spec.name, "direction": spec.direction });
        let view = match step(spec, stored) {
            Step::Left => {
                told["result"] = json!("there");
                return Ok(told);
            }
            Step::Several => {
                told["result"] = json!("several");
                return Ok(told);
            }
            Step::Add => {
                told["result"] = json!("added");
                if self.dry_run {
                    return Ok(told);
                }
                place.add_template(spec).await?
            }
            Step::Changed { id, replacement, differs } => {
                told["id"] = json!(id);
                told["differs"] = differences(&differs, id, &replacement, stored);
                told["result"] = json!(if self.replace { "replaced" } else { "differs" });
                if self.dry_run || !self.replace {
                    return Ok(told);
                }
                place.replace_template(id, &replacement).await?
            }
        };
        told["id"] = view["id"].clone();
        told["warnings"] = view["warnings"].clone();
        Ok(told)
    }

    /// The banks' senders, each with whether it is on the whitelist; adds those that are not, where that was asked for.
    async fn senders(&self, place: &Place, pack: &Pack) -> Result<Vec<Value>, CliError> {
        let mut known: Vec<String> = place
            .phones()
            .await?
            .iter()
            .filter_map(|phone| Some(comparable_sender(phone.get("phone")?.as_str()?)))
            .collect();
        let mut senders = Vec::new();
        for bank in &pack.banks {
            for sender in &bank.whitelist {
                let is_there = known.contains(&comparable_sender(sender));
                let is_added = !is_there && self.whitelist && !self.dry_run;
                if is_added {
                    place.add_phone(sender, &bank.name).await?;
                    known.push(comparable_sender(sender));
                }
                let result = match (is_there, is_added) {
                    (true, _) => "there",
                    (false, true) => "added",
                    (false, false) => "missing",
                };
                senders.push(json!({ "bank": bank.name, "phone": sender, "result": result }));
            }
        }
        Ok(senders)
    }

    fn shown(&self, done: &Value) -> String {
        let columns = [("bank", "bank"), ("template", "name"), ("result", "result"), ("id", "id")];
        let templates = super::items(done, "templates");
        let mut shown = vec![table::rows(&self.as_shown(templates), &columns)];
        for template in templates {
            let text = |name: &str| printable(template[name].as_str().unwrap_or_default());
            if let Some(differs) = template.get("differs").and_then(Value::as_object) {
                shown.push(format!("{} is there as template {} and differs:", text("name"), template["id"]));
                for (field, sides) in differs {
                    let side = |name: &str| printable(&table::cell(&sides[name]));
                    shown.push(format!("  {field}\n    there: {}\n    pack:  {}", side("there"), side("pack")));
                }
            }
            if text("result") == "several" {
                shown
                    .push(format!("{} is the name of several templates: delete those that are too many", text("name")));
            }
        }
        if templates.iter().any(|template| template["result"] == "differs") {
            shown.push("What differs is left as it is; --replace replaces it.".to_owned());
        }
        let notes = super::items(done, "notes").iter();
        shown.extend(notes.map(|note| format!("{}: {}", table::cell(&note["bank"]), table::cell(&note["note"]))));
        shown.push(self.shown_senders(super::items(done, "whitelist")));
        let is_store = done["on"] == "store";
        match (self.dry_run, is_store) {
            (true, false) => shown.push("Nothing was done: --dry-run.".to_owned()),
            (true, true) => {
                shown.push("Nothing was done: --dry-run. No daemon runs; compared with the store.".to_owned());
            }
            (false, true) => shown.push("Done on the store, since no daemon runs here.".to_owned()),
            (false, false) => {}
        }
        shown.join("\n")
    }

    /// The rows of the table: a dry run has done nothing, and does not say so.
    fn as_shown(&self, templates: &[Value]) -> Vec<Value> {
        let mut rows = templates.to_vec();
        for row in rows.iter_mut().filter(|_| self.dry_run) {
            let would = match row["result"].as_str() {
                Some("added") => "would be added",
                Some("replaced") => "would be replaced",
                _ => continue,
            };
            row["result"] = json!(would);
        }
        rows
    }

    fn shown_senders(&self, senders: &[Value]) -> String {
        let of = |result: &str| senders.iter().filter(|sender| sender["result"] == result).cloned().collect::<Vec<_>>();
        let columns = [("sender", "phone"), ("bank", "bank")];
        let mut shown = Vec::new();
        let added = of("added");
        if !added.is_empty() {
            shown.push(format!("added to the phone whitelist:\n{}", table::rows(&added, &columns)));
        }
        let missing = of("missing");
        if missing.is_empty() {
            shown.push("All senders of these banks are on the phone whitelist.".to_owned());
        } else {
            let table = table::rows(&missing, &columns);
            let banks: Vec<String> = self.bank.iter().flat_map(|bank| [" --bank ".to_owned(), bank.clone()]).collect();
            shown.push(format!(
                "not on the phone whitelist, so that their texts are rejected:\n{table}\nCompare them with what your phone \
                 shows; this adds them all: recon template install {}{} --whitelist",
                self.pack,
                banks.concat()
            ));
        }
        shown.join("\n")
    }
}

/// Both sides of every field that differs, by field.
fn differences(fields: &[&'static str], id: i64, replacement: &TemplateSpec, stored: &[Value]) -> Value {
    let there = stored.iter().find(|item| item["id"] == json!(id)).cloned().unwrap_or_default();
    let pack = json!(replacement);
    let side = |value: &Value, field: &str| value.get(field).cloned().unwrap_or_default();
    let sides = fields
        .iter()
        .map(|field| ((*field).to_owned(), json!({ "there": side(&there, field), "pack": side(&pack, field) })));
    Value::Object(sides.collect())
}
