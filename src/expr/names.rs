//! Which names and functions an expression uses, and whether they exist.

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo};
use cel::common::types::CelString;

use super::{BadExpr, Var, error};

pub(super) struct Found {
    /// Bits of [`Var::bit`].
    pub uses: u8,
    pub loops: bool,
}

/// Called as `name(…)`.
const FUNCTIONS: [&str; 9] = ["bool", "bytes", "double", "dyn", "int", "size", "string", "type", "uint"];
/// Called as `value.name(…)`.
const METHODS: [&str; 8] = ["contains", "endsWith", "hasValue", "or", "orValue", "size", "startsWith", "value"];
/// Expanded by the parser; only wrong uses are left.
const MACROS: [&str; 6] = ["all", "exists", "exists_one", "filter", "has", "map"];
/// Called as `optional.name(…)`.
const OPTIONAL: [&str; 3] = ["none", "of", "ofNonZeroValue"];
/// What `type(…)` may be compared with.
const TYPES: [&str; 9] = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "uint"];

struct Walk<'e> {
    source: &'e str,
    info: &'e SourceInfo,
    locals: Vec<&'e str>,
    found: Found,
}

pub(super) fn check(source: &str, expr: &IdedExpr, info: &SourceInfo) -> Result<Found, BadExpr> {
    let mut walk = Walk { source, info, locals: Vec::new(), found: Found { uses: 0, loops: false } };
    walk.expr(expr)?;
    Ok(walk.found)
}

/// Makes a bare word before the colon of a map a text: `{order: 1}` is `{'order': 1}`. Only the local of a macro
/// stands for its value there, as everywhere in CEL; the payloads could not be keys.
pub(super) fn bare_keys(expr: &mut IdedExpr, locals: &mut Vec<String>) {
    match &mut expr.expr {
        Expr::Literal(_) | Expr::Ident(_) | Expr::Struct(_) | Expr::Unspecified => {}
        Expr::Select(select) => bare_keys(&mut select.operand, locals),
        Expr::List(list) => list.elements.iter_mut().for_each(|element| bare_keys(element, locals)),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                let EntryExpr::MapEntry(entry) = &mut entry.expr else { continue };
                match &entry.key.expr {
                    Expr::Ident(word) if !locals.contains(word) => {
                        let text = CelString::from(word.clone());
                        entry.key.expr = Expr::Literal(LiteralValue::String(text));
                    }
                    _ => bare_keys(&mut entry.key, locals),
                }
                bare_keys(&mut entry.value, locals);
            }
        }
        Expr::Call(call) => {
            call.target.iter_mut().for_each(|target| bare_keys(target, locals));
            call.args.iter_mut().for_each(|arg| bare_keys(arg, locals));
        }
        Expr::Comprehension(each) => {
            let each = &mut **each;
            bare_keys(&mut each.iter_range, locals);
            let depth = locals.len();
            locals.push(each.iter_var.clone());
            locals.extend(each.iter_var2.clone());
            for part in [&mut each.accu_init, &mut each.loop_cond, &mut each.loop_step, &mut each.result] {
                bare_keys(part, locals);
            }
            locals.truncate(depth);
        }
    }
}

impl<'e> Walk<'e> {
    fn expr(&mut self, expr: &'e IdedExpr) -> Result<(), BadExpr> {
        match &expr.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.ident(expr.id, name),
            Expr::Select(select) => self.expr(&select.operand),
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.expr(element)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.expr(&entry.key)?;
                    self.expr(&entry.value)
                }
                EntryExpr::StructField(_) => Err(self.bad(expr.id, "a map needs keys and values: {'key': value}")),
            }),
            Expr::Call(call) => {
                let is_optional = matches!(call.target.as_deref(), Some(IdedExpr { expr: Expr::Ident(name), .. })
                    if name == "optional" && !self.locals.contains(&"optional"));
                self.function(expr.id, &call.func_name, call.target.is_some(), is_optional)?;
                if let (Some(target), false) = (&call.target, is_optional) {
                    self.expr(target)?;
                }
                call.args.iter().try_for_each(|arg| self.expr(arg))
            }
            Expr::Comprehension(each) => {
                self.found.loops = true;
                self.expr(&each.iter_range)?;
                self.expr(&each.accu_init)?;
                let depth = self.locals.len();
                self.locals.push(&each.accu_var);
                self.expr(&each.result)?;
                self.locals.push(&each.iter_var);
                self.locals.extend(each.iter_var2.as_deref());
                self.expr(&each.loop_cond)?;
                self.expr(&each.loop_step)?;
                self.locals.truncate(depth);
                Ok(())
            }
            Expr::Struct(_) => Err(self.bad(expr.id, "there are no message types here: write a map, {'key': value}")),
            Expr::Unspecified => Err(self.bad(expr.id, "this is no expression")),
        }
    }

    fn ident(&mut self, id: u64, name: &'e str) -> Result<(), BadExpr> {
        let bare = name.strip_prefix('.').unwrap_or(name);
        if self.locals.contains(&name) {
            return Ok(());
        }
        if let Some(var) = Var::named(bare) {
            self.found.uses |= var.bit();
            return Ok(());
        }
        if TYPES.contains(&bare) {
            return Ok(());
        }
        let mut known = Var::ALL.map(Var::name).to_vec();
        known.extend(self.locals.iter().filter(|local| !local.starts_with('@')));
        let message = format!("there is no '{bare}' here, only {}", error::list(&known));
        Err(BadExpr { message, at: error::span(self.source, self.info, id, bare) })
    }

    fn function(&self, id: u64, name: &str, is_method: bool, is_optional: bool) -> Result<(), BadExpr> {
        let bare = name.strip_prefix('.').unwrap_or(name);
        if !bare.starts_with(|c: char| c.is_alphabetic()) {
            return Ok(());
        }
        let known: &[&str] = match (is_method, is_optional) {
            (_, true) => &OPTIONAL,
            (true, false) => &METHODS,
            (false, false) => &FUNCTIONS,
        };
        if known.contains(&bare) {
            return Ok(());
        }
        let message = if MACROS.contains(&bare) {
            format!("'{bare}' is used as in {}", macro_example(bare))
        } else if bare == "matches" {
            "there is no 'matches' here: use contains, startsWith or endsWith, or ask a worker".to_owned()
        } else {
            let kind = if is_method { "method" } else { "function" };
            format!("there is no {kind} '{bare}', only {}", error::list(known))
        };
        Err(BadExpr { message, at: error::span(self.source, self.info, id, bare) })
    }

    fn bad(&self, id: u64, message: &str) -> BadExpr {
        BadExpr { message: message.to_owned(), at: error::span(self.source, self.info, id, "") }
    }
}

fn macro_example(name: &str) -> &'static str {
    match name {
        "has" => "has(ball.name)",
        "all" => "ball.items.all(x, x.n > 0)",
        "exists" => "ball.items.exists(x, x.n > 0)",
        "exists_one" => "ball.items.exists_one(x, x.n > 0)",
        "filter" => "ball.items.filter(x, x.n > 0)",
        _ => "ball.items.map(x, x.n)",
    }
}
