//! What people and programs are shown, and whether the answer is no.

use serde_json::{Value, json};

use crate::cli::{CliError, Context, output, printable::printable, table};
use crate::conformance::report::{Coverage, Found, Outcome, Verdict, sentence};
use crate::conformance::shadow::Compared;

/// Shows what a verification found.
///
/// # Errors
/// Where something differs, could not be run, or a frozen route is not covered.
pub(super) fn verified(
    context: &Context,
    outcomes: &[Outcome],
    coverage: &[Coverage],
    allow_skipped: bool,
) -> Result<(), CliError> {
    let meant: Vec<&Outcome> =
        outcomes.iter().filter(|outcome| !matches!(outcome.verdict, Verdict::NotFor(_))).collect();
    let count = |word: &str| meant.iter().filter(|outcome| outcome.verdict.word() == word).count();
    let open = |route: &&Coverage| route.coverage == "uncovered" || (route.coverage == "skipped" && !allow_skipped);
    let open: Vec<&str> = coverage.iter().filter(open).map(|route| route.route).collect();
    let [passed, failed, broken, skipped] = ["passed", "failed", "broken", "skipped"].map(count);
    let ok = failed == 0 && broken == 0 && open.is_empty() && passed > 0;
    if context.json() {
        let cases: Vec<Value> = meant.iter().map(|outcome| outcome.json()).collect();
        output::print_json(&json!({
            "ok": ok, "passed": passed, "failed": failed, "broken": broken, "skipped": skipped,
            "cases": cases, "routes": coverage,
        }))?;
    } else {
        for outcome in &meant {
            output::print(&printable_lines(&lines_of(outcome)))?;
        }
        if !coverage.is_empty() {
            let rows: Vec<Value> = coverage.iter().map(|route| json!(route)).collect();
            let columns = [
                ("frozen route", "route"),
                ("coverage", "coverage"),
                ("cases", "judged"),
                ("skipped cases", "skipped"),
            ];
            output::print(&table::rows(&rows, &columns))?;
        }
        output::print(&format!("{passed} passed, {failed} failed, {broken} broken, {skipped} skipped"))?;
    }
    if ok {
        return Ok(());
    }
    let mut why = Vec::new();
    if failed + broken > 0 {
        why.push(format!("{} of {} cases do not hold", failed + broken, meant.len()));
    }
    if !open.is_empty() {
        why.push(format!("not covered: {}", open.join(", ")));
    }
    if why.is_empty() {
        why.push("no case could be run".to_owned());
    }
    Err(CliError::No(format!("the contract is not held: {}", why.join("; "))))
}

fn lines_of(outcome: &Outcome) -> Vec<String> {
    let mut lines = vec![format!("{:<8} {} ({})", outcome.verdict.word(), outcome.case, outcome.session)];
    lines.extend(outcome.verdict.reason().map(|why| format!("         {why}")));
    lines.extend(outcome.found.iter().map(line_of));
    lines.extend(outcome.vacuous.iter().map(|list| format!("         {list} was empty: no element was judged")));
    lines
}

fn line_of(found: &Found) -> String {
    match &found.deliberate {
        Some(reason) => format!("         on purpose: {} ({reason})", sentence(found)),
        None => format!("         {}", sentence(found)),
    }
}

fn printable_lines(lines: &[String]) -> String {
    lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n")
}

/// Shows what two servers answer differently.
///
/// # Errors
/// Where something differs, or nothing could be compared.
pub(super) fn compared(context: &Context, compared: &[Compared]) -> Result<(), CliError> {
    let count = |verdict: &str| compared.iter().filter(|case| case.verdict == verdict).count();
    let [same, differs, skipped, broken] = ["same", "differs", "skipped", "broken"].map(count);
    let ok = differs == 0 && broken == 0 && same > 0;
    if context.json() {
        output::print_json(&json!({
            "ok": ok, "same": same, "differ": differs, "skipped": skipped, "broken": broken, "cases": compared,
        }))?;
    } else {
        for case in compared {
            let mut lines = vec![format!("{:<8} {}", case.verdict, case.case)];
            lines.extend(case.reason.iter().map(|why| format!("         {why}")));
            lines.extend(case.differences.iter().map(line_of));
            lines.extend(case.learned.iter().map(|at| format!("         noise of the old server, {at}")));
            output::print(&printable_lines(&lines))?;
        }
        output::print(&format!("{same} same, {differs} differ, {broken} broken, {skipped} skipped"))?;
    }
    match (ok, same + differs + broken) {
        (true, _) => Ok(()),
        (false, 0) => Err(CliError::No("no read could be compared".to_owned())),
        (false, all) => Err(CliError::No(format!("{} of {all} reads are not answered alike", differs + broken))),
    }
}
