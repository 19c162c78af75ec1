//! JSON as CEL sees it: looked into where the expression looks, never copied.

use std::cell::RefCell;
use std::sync::OnceLock;

use cel::ExecutionError;
use cel::common::traits::{Adder, Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelNull, CelString, CelUInt, LIST_TYPE, MAP_TYPE, Type,
};
use cel::common::value::{CowVal, StaticVal, Val};
use serde_json::Value;

use super::fuel;

static NULL: CelNull = CelNull;

/// The value as CEL: whole numbers are `int` (`uint` above 2^63), others `double`.
pub(super) fn val(value: &Value) -> CowVal<'_, '_> {
    match value {
        Value::Null => CowVal::Borrowed(&NULL),
        Value::Bool(bool) => CowVal::owned(CelBool::from(*bool)),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), ..) => CowVal::owned(CelInt::from(int)),
            (_, Some(uint), _) => CowVal::owned(CelUInt::from(uint)),
            (.., float) => CowVal::owned(CelDouble::from(float.unwrap_or(f64::NAN))),
        },
        Value::String(text) => {
            fuel::burn_text(text.len());
            CowVal::owned(CelString::from(text.as_str()))
        }
        Value::Array(_) | Value::Object(_) => CowVal::owned(Json::new(value)),
    }
}

/// A borrowed array or object.
pub(super) struct Json<'a> {
    value: &'a Value,
    /// Elements of an array or keys of an object, made when a loop asks for them.
    items: OnceLock<Vec<Box<dyn Val + 'a>>>,
}

impl<'a> Json<'a> {
    fn new(value: &'a Value) -> Self {
        Self { value, items: OnceLock::new() }
    }

    fn items(&self) -> &[Box<dyn Val + 'a>] {
        self.items.get_or_init(|| match self.value {
            Value::Array(elements) => {
                fuel::burn(elements.len());
                elements.iter().map(|element| val(element).into_owned()).collect()
            }
            Value::Object(fields) => {
                fuel::burn(fields.len());
                fields.keys().map(|key| Box::new(CelString::from(key.as_str())) as Box<dyn Val + 'a>).collect()
            }
            _ => Vec::new(),
        })
    }

    fn len(&self) -> usize {
        match self.value {
            Value::Array(elements) => elements.len(),
            Value::Object(fields) => fields.len(),
            _ => 0,
        }
    }
}

impl std::fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Json")
    }
}

/// A value that borrows cannot be downcast to from outside of the `cel` crate, so it is asked: compared with an
/// `Ask`, a [`Json`] leaves an answer for this thread.
#[derive(Debug)]
struct Ask;

static ASK: Type = Type::new_unspecified_type("ask");

impl Val for Ask {
    fn get_type(&self) -> &Type {
        &ASK
    }

    fn cel_type() -> &'static Type {
        &ASK
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(Self)
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
}

impl StaticVal for Ask {}

struct Answer {
    wants_copy: bool,
    copy: Option<Value>,
    /// Values in it, and levels.
    measure: (usize, usize),
}

impl Answer {
    fn give(&mut self, value: &Value) -> bool {
        if self.wants_copy {
            self.copy = Some(value.clone());
        } else {
            self.measure = measure(value);
        }
        true
    }
}

fn measure(value: &Value) -> (usize, usize) {
    let join = |(count, height): (usize, usize), (n, h): (usize, usize)| (count + n, height.max(h + 1));
    match value {
        Value::Array(elements) => elements.iter().map(measure).fold((1, 1), join),
        Value::Object(fields) => fields.values().map(measure).fold((1, 1), join),
        Value::String(text) => (1 + text.len() / 64, 0),
        _ => (1, 0),
    }
}

thread_local! {
    static ANSWER: RefCell<Answer> = const { RefCell::new(Answer { wants_copy: false, copy: None, measure: (0, 0) }) };
}

/// A value that is known to be a [`Json`].
pub(super) struct Borrowed<'b>(&'b dyn Val);

/// `val` as borrowed JSON, if it is.
pub(super) fn borrowed<'b>(val: &'b (dyn Val + '_)) -> Option<Borrowed<'b>> {
    matches!(view(val), View::Foreign).then_some(Borrowed(val))
}

impl Borrowed<'_> {
    pub fn clone_whole(&self) -> Value {
        ANSWER.with_borrow_mut(|answer| answer.wants_copy = true);
        self.0.equals(&Ask);
        ANSWER.with_borrow_mut(|answer| answer.copy.take()).unwrap_or_default()
    }

    /// How many values there are in it, and how many levels.
    pub fn measure(&self) -> (usize, usize) {
        ANSWER.with_borrow_mut(|answer| answer.wants_copy = false);
        self.0.equals(&Ask);
        ANSWER.with_borrow(|answer| answer.measure)
    }
}

pub(super) enum View<'b, 'v> {
    List(&'b CelList<'v>),
    Map(&'b CelMap<'v>),
    /// A list or object that borrows JSON: only its traits can be used.
    Foreign,
    Other,
}

pub(super) fn view<'b, 'v>(val: &'b (dyn Val + 'v)) -> View<'b, 'v> {
    if let Some(list) = val.downcast_ref::<CelList<'v>>() {
        View::List(list)
    } else if let Some(map) = val.downcast_ref::<CelMap<'v>>() {
        View::Map(map)
    } else if val.as_sizer().is_some() && val.as_iterable().is_some() {
        View::Foreign
    } else {
        View::Other
    }
}

impl Val for Json<'_> {
    fn get_type(&self) -> &Type {
        if self.value.is_array() { &LIST_TYPE } else { &MAP_TYPE }
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_adder<'b, 'v>(&'b self) -> Option<&'b (dyn Adder + 'v)>
    where
        Self: 'v,
    {
        if self.value.is_array() { Some(self) } else { None }
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        if other.downcast_ref::<Ask>().is_some() {
            return ANSWER.with_borrow_mut(|answer| answer.give(self.value));
        }
        fuel::equal(self, other)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(Self::new(self.value))
    }
}

impl Sizer for Json<'_> {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.len()).unwrap_or(i64::MAX))
    }
}

impl Adder for Json<'_> {
    fn add<'b, 'v>(&'b self, rhs: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let Some(more) = rhs.as_iterable().filter(|_| rhs.get_type().kind() == LIST_TYPE.kind()) else {
            let types = vec!["list".to_owned(), rhs.get_type().name().to_owned()];
            return Err(ExecutionError::no_such_overload("_+_", types));
        };
        let mut items: Vec<Box<dyn Val + 'v>> = self.items().iter().map(|item| item.clone_as_boxed()).collect();
        let mut more = more.iter();
        while let Some(item) = more.next() {
            items.push(item.clone_as_boxed());
        }
        Ok(CowVal::owned(CelList::from(items)))
    }
}

impl Container for Json<'_> {
    fn contains(&self, sought: &dyn Val) -> Result<bool, ExecutionError> {
        match self.value {
            Value::Array(_) => Ok(self.items().iter().any(|item| fuel::equal(item.as_ref(), sought))),
            _ => Ok(sought.downcast_ref::<CelString>().is_some_and(|key| self.value.get(key.inner()).is_some())),
        }
    }
}

impl<'a> Indexer for Json<'a> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let value: &'a Value = self.value;
        match value {
            Value::Array(elements) => match whole(index) {
                Some(at) => usize::try_from(at)
                    .ok()
                    .and_then(|at| elements.get(at))
                    .map(val)
                    .ok_or_else(|| ExecutionError::IndexOutOfBounds(at.into())),
                None => Err(ExecutionError::UnexpectedType {
                    got: index.get_type().name().to_owned(),
                    want: "int".to_owned(),
                }),
            },
            _ => match index.downcast_ref::<CelString>() {
                Some(key) => value.get(key.inner()).map(val).ok_or_else(|| {
                    note_miss(value);
                    ExecutionError::no_such_key(key.inner())
                }),
                None => Err(ExecutionError::UnexpectedType {
                    got: index.get_type().name().to_owned(),
                    want: "string".to_owned(),
                }),
            },
        }
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

/// An index as CEL allows it: a whole number of any type.
fn whole(index: &dyn Val) -> Option<i64> {
    if let Some(int) = index.downcast_ref::<CelInt>() {
        Some(*int.inner())
    } else if let Some(uint) = index.downcast_ref::<CelUInt>() {
        Some(i64::try_from(*uint.inner()).unwrap_or(i64::MAX))
    } else {
        let float = *index.downcast_ref::<CelDouble>()?.inner();
        #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
        (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
    }
}

impl Iterable for Json<'_> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Items(self.items().iter()))
    }
}

struct Items<'b, 'a>(std::slice::Iter<'b, Box<dyn Val + 'a>>);

impl<'b, 'v, 'a: 'v> CelIterator<'b, 'v> for Items<'b, 'a> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|item| -> &'b (dyn Val + 'v) { item.as_ref() })
    }
}

thread_local! {
    /// The first fields of the last object that lacked one, for the message.
    static LAST_MISS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn note_miss(value: &Value) {
    const SHOWN: usize = 8;
    LAST_MISS.with_borrow_mut(|fields| {
        fields.clear();
        if let Value::Object(map) = value {
            fields.extend(map.keys().take(SHOWN).map(|key| format!("'{key}'")));
            if map.len() > SHOWN {
                fields.push(format!("{} more", map.len() - SHOWN));
            }
        }
    });
}

/// Takes what [`note_miss`] left.
pub(super) fn last_miss() -> Vec<String> {
    LAST_MISS.take()
}
