//! Bounds the work of one evaluation, and mends equality.
//!
//! CEL has no `while`, so only the loops of its macros can multiply work. An expression that has one is rewritten:
//! what a loop evaluates, and what is copied inside of it, passes through functions that burn fuel. Everything here
//! happens on the thread that evaluates.

use std::cell::Cell;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::common::types::{CelBool, CelBytes, CelInt, CelOptional, CelString, DYN_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{Env, ExecutionError};

use super::convert;
use super::json::{self, View};

/// One unit is about one node of the tree evaluated, or one value copied: 50 to 100 ns.
const FUEL: u64 = 1_000_000;
/// Bytes of text that cost one unit.
const TEXT_UNIT: usize = 64;

/// `@step(value, cost, element)` is `value`; burns `cost` and the size of `element`.
const STEP: &str = "@step";
/// `@copy(value)` is `value`; burns its size.
const COPY: &str = "@copy";
/// `@equal(a, b)` is `a == b`, for borrowed JSON on both sides.
const EQUAL: &str = "@equal";
/// `@among(a, b)` is `a in b`, likewise.
const AMONG: &str = "@among";

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Fills the tank; the tank is bottomless again when the guard goes.
pub(super) fn start(bounded: bool) -> Metered {
    LEFT.set(if bounded { FUEL } else { u64::MAX });
    Metered
}

pub(super) struct Metered;

impl Drop for Metered {
    fn drop(&mut self) {
        LEFT.set(u64::MAX);
    }
}

pub(super) fn is_spent() -> bool {
    LEFT.get() == 0
}

pub(super) fn burn(units: usize) {
    LEFT.set(match LEFT.get() {
        u64::MAX => u64::MAX,
        left => left.saturating_sub(units as u64),
    });
}

pub(super) fn burn_text(bytes: usize) {
    if bytes >= TEXT_UNIT {
        burn(bytes / TEXT_UNIT);
    }
}

fn check() -> Result<(), ExecutionError> {
    if is_spent() { Err(ExecutionError::function_error("loop", "takes too long")) } else { Ok(()) }
}

/// The standard functions and ours.
pub(super) fn env() -> Env {
    let mut env = Env::stdlib();
    let any = || DYN_TYPE;
    for (name, args, function) in [
        (STEP, vec![any(), any(), any()], step as cel::common::functions::Function),
        (COPY, vec![any()], copy),
        (EQUAL, vec![any(), any()], equal_call),
        (AMONG, vec![any(), any()], among_call),
        (convert::RESULT, vec![any()], convert::result),
    ] {
        env.add_overload(name, name, args, function).expect("no standard name starts with '@'");
    }
    env
}

fn step<'b, 'v>(mut args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    args.truncate(3);
    if let Some(element) = args.pop() {
        burn(size(element.as_ref()));
    }
    let cost = args.pop().and_then(|cost| cost.downcast_ref::<CelInt>().map(|n| *n.inner()));
    burn(cost.and_then(|n| usize::try_from(n).ok()).unwrap_or(1));
    check()?;
    args.pop().ok_or(ExecutionError::MissingArgumentOrTarget)
}

fn copy<'b, 'v>(mut args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let value = args.pop().ok_or(ExecutionError::MissingArgumentOrTarget)?;
    burn(size(value.as_ref()));
    check()?;
    Ok(value)
}

#[expect(clippy::needless_pass_by_value, reason = "CEL calls it so")]
fn equal_call<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    match args.as_slice() {
        [left, right] => Ok(CowVal::owned(CelBool::from(equal(left.as_ref(), right.as_ref())))),
        _ => Err(ExecutionError::MissingArgumentOrTarget),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "CEL calls it so")]
fn among_call<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [sought, within] = args.as_slice() else { return Err(ExecutionError::MissingArgumentOrTarget) };
    let (sought, within) = (sought.as_ref(), within.as_ref());
    let found = match json::view(within) {
        View::List(list) => list.inner().iter().any(|element| equal(element.as_ref(), sought)),
        _ => {
            let types = || vec![sought.get_type().name().to_owned(), within.get_type().name().to_owned()];
            let container =
                within.as_container().ok_or_else(|| ExecutionError::no_such_overload(operators::IN, types()))?;
            container.contains(sought)?
        }
    };
    check()?;
    Ok(CowVal::owned(CelBool::from(found)))
}

/// As CEL's `==`, but a list is a list wherever it lives.
pub(super) fn equal(left: &dyn Val, right: &dyn Val) -> bool {
    burn(1);
    if is_spent() {
        return false;
    }
    let is_plain = |val: &dyn Val| matches!(json::view(val), View::Other);
    if is_plain(left) || is_plain(right) {
        return is_plain(left) == is_plain(right) && left.equals(right);
    }
    if left.get_type().kind() != right.get_type().kind() {
        return false;
    }
    let (Some(left_size), Some(right_size)) = (left.as_sizer(), right.as_sizer()) else { return false };
    let (Some(left_items), Some(right_items)) = (left.as_iterable(), right.as_iterable()) else { return false };
    if left_size.size() != right_size.size() {
        return false;
    }
    let (mut left_items, mut right_items) = (left_items.iter(), right_items.iter());
    if left.get_type().kind() == cel::common::types::LIST_TYPE.kind() {
        while let (Some(a), Some(b)) = (left_items.next(), right_items.next()) {
            if !equal(a, b) {
                return false;
            }
        }
        return true;
    }
    let (Some(left), Some(right)) = (left.as_indexer(), right.as_indexer()) else { return false };
    while let Some(key) = left_items.next() {
        match (left.get(key), right.get(key)) {
            (Ok(a), Ok(b)) if equal(a.as_ref(), b.as_ref()) => {}
            _ => return false,
        }
    }
    true
}

/// How many values a copy makes; borrowed JSON is copied by reference.
fn size(value: &dyn Val) -> usize {
    match json::view(value) {
        View::List(list) => {
            let mut sum = 1;
            for element in list.inner() {
                sum += size(element.as_ref());
            }
            sum
        }
        View::Map(map) => 1 + map.inner().values().map(|value| 1 + size(value.as_ref())).sum::<usize>(),
        View::Foreign => 1,
        View::Other => {
            if let Some(text) = value.downcast_ref::<CelString>() {
                1 + text.inner().len() / TEXT_UNIT
            } else if let Some(bytes) = value.downcast_ref::<CelBytes>() {
                1 + bytes.inner().len() / TEXT_UNIT
            } else if let Some(option) = value.downcast_ref::<CelOptional>() {
                1 + option.option().map_or(0, size)
            } else {
                1
            }
        }
    }
}

/// Wraps what must burn fuel. Only worth it where there is a loop.
pub(super) fn count(expr: &mut IdedExpr) {
    match &mut expr.expr {
        Expr::Literal(_) | Expr::Ident(_) | Expr::Struct(_) | Expr::Unspecified => {}
        Expr::Select(select) => count(&mut select.operand),
        Expr::List(list) => list.elements.iter_mut().for_each(count_copied),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    count_copied(&mut entry.key);
                    count_copied(&mut entry.value);
                }
            }
        }
        Expr::Call(call) => count_call(call),
        Expr::Comprehension(each) => count_loop(each),
    }
}

fn count_call(call: &mut CallExpr) {
    let borrows = matches!(
        call.func_name.as_str(),
        operators::LOGICAL_AND
            | operators::LOGICAL_OR
            | operators::LOGICAL_NOT
            | operators::CONDITIONAL
            | operators::INDEX
            | operators::OPT_INDEX
            | operators::OPT_SELECT
            | operators::NOT_STRICTLY_FALSE
    );
    if let Some(target) = &mut call.target {
        // `optional.of(…)` is a name, not a value.
        if !matches!(&target.expr, Expr::Ident(name) if name == "optional") {
            count_copied(target);
        }
    }
    for arg in &mut call.args {
        if borrows { count(arg) } else { count_copied(arg) }
    }
}

fn count_copied(expr: &mut IdedExpr) {
    count(expr);
    if !matches!(expr.expr, Expr::Literal(_)) {
        wrap(expr, COPY, Vec::new());
    }
}

/// The shapes that the evaluator knows and makes fast must stay: appending in `map` and `filter`, which want the
/// count in the guard or the element, and the absorbing `all` and `exists`, which want it in the condition.
fn count_loop(each: &mut ComprehensionExpr) {
    count(&mut each.iter_range);
    let cost = nodes(&each.loop_step) + 2;
    let element = each.iter_var.clone();
    let extra = |id| vec![int(id, cost), IdedExpr { id, expr: Expr::Ident(element.clone()) }];
    if !matches!(each.loop_cond.expr, Expr::Literal(_)) || !is_append(each) {
        // The condition of the first turn is asked before there is an element.
        let id = each.loop_cond.id;
        wrap(&mut each.loop_cond, STEP, vec![int(id, cost), int(id, 1)]);
        count_step(&mut each.loop_step, &each.accu_var, &element);
        return;
    }
    if let Expr::Call(call) = &mut each.loop_step.expr {
        if call.func_name == operators::CONDITIONAL {
            if let [guard, step, _] = call.args.as_mut_slice() {
                count(guard);
                count_appended(step, None);
                let id = guard.id;
                wrap(guard, STEP, extra(id));
            }
        } else {
            let id = each.loop_step.id;
            count_appended(&mut each.loop_step, Some(extra(id)));
        }
    }
}

/// The user's part of `@result && x`, `@result || x` and `x ? @result + 1 : @result`.
fn count_step(step: &mut IdedExpr, accu: &str, element: &str) {
    if let Expr::Call(call) = &mut step.expr {
        for arg in &mut call.args {
            let own = matches!(&arg.expr, Expr::Ident(name) if name == accu)
                || matches!(&arg.expr, Expr::Call(add) if add.func_name == operators::ADD
                    && matches!(add.args.first(), Some(IdedExpr { expr: Expr::Ident(name), .. }) if name == accu));
            if !own {
                count(arg);
                let id = arg.id;
                wrap(arg, STEP, vec![int(id, 0), IdedExpr { id, expr: Expr::Ident(element.to_owned()) }]);
            }
        }
    }
}

/// The elements of the list in `@result + [x]`.
fn count_appended(step: &mut IdedExpr, extra: Option<Vec<IdedExpr>>) {
    let Expr::Call(add) = &mut step.expr else { return };
    let Some(IdedExpr { expr: Expr::List(list), .. }) = add.args.get_mut(1) else { return };
    for element in &mut list.elements {
        count_copied(element);
    }
    if let (Some(extra), Some(first)) = (extra, list.elements.first_mut()) {
        wrap(first, STEP, extra);
    }
}

/// Whether the step is `@result + […]` or `guard ? @result + […] : @result`.
fn is_append(each: &ComprehensionExpr) -> bool {
    let is_accu = |expr: &IdedExpr| matches!(&expr.expr, Expr::Ident(name) if *name == each.accu_var);
    let appends = |expr: &IdedExpr| match &expr.expr {
        Expr::Call(call) if call.func_name == operators::ADD => {
            matches!(call.args.as_slice(), [accu, list] if is_accu(accu) && matches!(list.expr, Expr::List(_)))
        }
        _ => false,
    };
    is_accu(&each.result)
        && match &each.loop_step.expr {
            Expr::Call(call) if call.func_name == operators::CONDITIONAL => {
                matches!(call.args.as_slice(), [_, step, accu] if appends(step) && is_accu(accu))
            }
            _ => appends(&each.loop_step),
        }
}

/// Nodes evaluated each time, without those of loops inside: they count themselves.
fn nodes(expr: &IdedExpr) -> i64 {
    1 + match &expr.expr {
        Expr::Select(select) => nodes(&select.operand),
        Expr::List(list) => list.elements.iter().map(nodes).sum(),
        Expr::Map(map) => map
            .entries
            .iter()
            .map(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => nodes(&entry.key) + nodes(&entry.value),
                EntryExpr::StructField(_) => 0,
            })
            .sum(),
        Expr::Call(call) => call.target.iter().map(|target| nodes(target)).chain(call.args.iter().map(nodes)).sum(),
        Expr::Comprehension(each) => nodes(&each.iter_range) + nodes(&each.accu_init) + nodes(&each.result),
        Expr::Literal(_) | Expr::Ident(_) | Expr::Struct(_) | Expr::Unspecified => 0,
    }
}

/// Sends `==`, `!=` and `in` through our own equality, where a side may be a list or an object.
pub(super) fn compare(expr: &mut IdedExpr) {
    match &mut expr.expr {
        Expr::Literal(_) | Expr::Ident(_) | Expr::Struct(_) | Expr::Unspecified => {}
        Expr::Select(select) => compare(&mut select.operand),
        Expr::List(list) => list.elements.iter_mut().for_each(compare),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    compare(&mut entry.key);
                    compare(&mut entry.value);
                }
            }
        }
        Expr::Comprehension(each) => {
            let each = &mut **each;
            for part in
                [&mut each.iter_range, &mut each.accu_init, &mut each.loop_cond, &mut each.loop_step, &mut each.result]
            {
                compare(part);
            }
        }
        Expr::Call(call) => {
            call.target.iter_mut().for_each(|target| compare(target));
            call.args.iter_mut().for_each(compare);
            let plain =
                |expr: &IdedExpr| matches!(&expr.expr, Expr::Literal(literal) if *literal != LiteralValue::Null);
            let structured = !call.args.iter().any(plain);
            match call.func_name.as_str() {
                operators::EQUALS if structured => EQUAL.clone_into(&mut call.func_name),
                operators::NOT_EQUALS if structured => {
                    EQUAL.clone_into(&mut call.func_name);
                    wrap(expr, operators::LOGICAL_NOT, Vec::new());
                }
                operators::IN => AMONG.clone_into(&mut call.func_name),
                _ => {}
            }
        }
    }
}

/// `expr` becomes `function(expr, more…)`.
pub(super) fn wrap(expr: &mut IdedExpr, function: &str, more: Vec<IdedExpr>) {
    let id = expr.id;
    let mut args = vec![std::mem::take(expr)];
    args.extend(more);
    *expr = IdedExpr { id, expr: Expr::Call(CallExpr { func_name: function.to_owned(), target: None, args }) };
}

fn int(id: u64, n: i64) -> IdedExpr {
    IdedExpr { id, expr: Expr::Literal(LiteralValue::Int(CelInt::from(n))) }
}
