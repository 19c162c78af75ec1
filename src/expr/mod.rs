//! Expressions: CEL over the payloads of a run, safe to run on files from strangers.
//!
//! The `cel` crate parses and evaluates. Around it stand the guards that it lacks: a cap on the source and on its
//! nesting ([`guard`]), names and functions checked before anything runs ([`names`]), bounded work ([`fuel`]), and
//! payloads that are looked into, never copied ([`json`]).
//!
//! Must never: read a clock, draw randomness, know about plays. Start reading at [`Program`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod convert;
mod error;
mod fuel;
mod guard;
mod json;
mod names;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use cel::common::ast::IdedExpr;
use cel::common::types::{CelInt, CelMap, CelMapKey, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env};
use serde_json::Value;

use self::convert::Want;
use crate::base::RunId;

/// The longest source of an expression, in bytes.
pub const MAX_SOURCE: usize = 2_000;

/// What an expression may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Var {
    /// The payload.
    Ball,
    /// The payload of the last signal that the ball carried.
    Signal,
    /// `{id, play, started}`; `started` in unix milliseconds.
    Run,
    /// Why the node failed, on an `on error` wire.
    Error,
    /// What came to a fan-in.
    Balls,
}

impl Var {
    pub const ALL: [Self; 5] = [Self::Ball, Self::Signal, Self::Run, Self::Error, Self::Balls];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ball => "ball",
            Self::Signal => "signal",
            Self::Run => "run",
            Self::Error => "error",
            Self::Balls => "balls",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|var| var.name() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What the names of an expression stand for in one evaluation. What is not there is null for the expression.
#[derive(Clone, Copy, Debug)]
pub struct Vars<'a> {
    pub ball: &'a Value,
    pub signal: Option<&'a Value>,
    pub run: &'a RunVars,
    pub error: Option<&'a Value>,
    pub balls: Option<&'a Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunVars {
    pub id: RunId,
    /// The coordinate of the play.
    pub play: String,
    /// Unix milliseconds.
    pub started_ms: u64,
}

/// Why a source is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadExpr {
    pub message: String,
    /// Bytes inside the source. Never outside of it, never inside a character.
    pub at: Range<usize>,
}

/// Why an expression has no value for this ball.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    pub message: String,
}

/// A checked expression. Cheap to clone.
#[derive(Clone)]
pub struct Program {
    inner: Arc<Inner>,
}

struct Inner {
    source: String,
    expr: IdedExpr,
    /// Bits of [`Var::bit`].
    uses: u8,
    /// Loops need their work counted.
    loops: bool,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Program({:?})", self.inner.source)
    }
}

impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        self.inner.source == other.inner.source
    }
}

impl Eq for Program {}

/// Building one costs 32 us, sharing it nothing.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(fuel::env()));

impl Program {
    /// Costs 10 to 100 us: keep what comes out.
    ///
    /// # Errors
    /// The source is too long or too deep, is no CEL, or names what is not there.
    pub fn compile(source: &str) -> Result<Self, BadExpr> {
        guard::check(source)?;
        let program = ENV.compile(source).map_err(|errors| error::of_parse(source, &errors))?;
        let mut expr = program.expression().clone();
        names::bare_keys(&mut expr, &mut Vec::new());
        let found = names::check(source, &expr, program.source_info())?;
        if found.loops {
            fuel::count(&mut expr);
        }
        fuel::compare(&mut expr);
        convert::wrap(&mut expr);
        let inner = Inner { source: source.to_owned(), expr, uses: found.uses, loops: found.loops };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub fn source(&self) -> &str {
        &self.inner.source
    }

    pub fn uses(&self, var: Var) -> bool {
        self.inner.uses & var.bit() != 0
    }

    /// The value for these variables. Takes time by what it touches, not by the size of the payloads.
    ///
    /// # Errors
    /// A field or a variable is missing, types do not fit, or it would take too long.
    pub fn eval(&self, vars: &Vars<'_>) -> Result<Value, EvalError> {
        self.run(vars, Want::Json)
    }

    /// As [`Self::eval`], for a condition.
    ///
    /// # Errors
    /// As [`Self::eval`]; also when the value is neither true nor false.
    pub fn eval_bool(&self, vars: &Vars<'_>) -> Result<bool, EvalError> {
        Ok(self.run(vars, Want::Bool)? == Value::Bool(true))
    }

    fn run(&self, vars: &Vars<'_>, want: Want) -> Result<Value, EvalError> {
        let bound = Bound { vars, run: OnceLock::new() };
        let mut context = Context::with_env(Arc::clone(&ENV));
        context.set_variable_resolver(&bound);
        let _metered = fuel::start(self.inner.loops);
        convert::want(want);
        // Not `resolve_val`: it is inlined here, and without optimisation a level of it takes 80 kB of stack.
        let done = cel::Value::resolve(&self.inner.expr, &context);
        if fuel::is_spent() {
            return Err(error::spent());
        }
        match done {
            Ok(_) => convert::take(),
            Err(failure) => Err(error::of_run(&self.inner.expr, &failure, &self.absent(vars))),
        }
    }
}

impl Program {
    /// What the expression names and the evaluation has not: it is null.
    fn absent(&self, vars: &Vars<'_>) -> Vec<Var> {
        let given = [(Var::Signal, vars.signal), (Var::Error, vars.error), (Var::Balls, vars.balls)];
        given.into_iter().filter(|(var, value)| value.is_none() && self.uses(*var)).map(|(var, _)| var).collect()
    }
}

/// Finds variables by name without a map.
struct Bound<'a> {
    vars: &'a Vars<'a>,
    run: OnceLock<CelMap<'a>>,
}

impl VariableResolver for Bound<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        let name = name.strip_prefix('.').unwrap_or(name);
        match Var::named(name)? {
            Var::Ball => Some(json::val(self.vars.ball)),
            Var::Signal => Some(json::val(self.vars.signal.unwrap_or(&Value::Null))),
            Var::Error => Some(json::val(self.vars.error.unwrap_or(&Value::Null))),
            Var::Balls => Some(json::val(self.vars.balls.unwrap_or(&Value::Null))),
            Var::Run => Some(CowVal::Borrowed(self.run.get_or_init(|| run_map(self.vars.run)))),
        }
    }
}

#[expect(clippy::disallowed_types, reason = "CEL makes its maps of these")]
fn run_map(run: &RunVars) -> CelMap<'_> {
    let started = i64::try_from(run.started_ms).unwrap_or(i64::MAX);
    let entries: [(&str, Box<dyn Val + '_>); 3] = [
        ("id", Box::new(CelString::from(run.id.as_str()))),
        ("play", Box::new(CelString::from(run.play.as_str()))),
        ("started", Box::new(CelInt::from(started))),
    ];
    let entries = entries.into_iter().map(|(key, value)| (CelMapKey::String(CelString::from(key)), value));
    CelMap::from(entries.collect::<std::collections::HashMap<_, _>>())
}
