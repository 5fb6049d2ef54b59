//! `--query`: a JMESPath expression that picks something out of a result.
//!
//! [`Query::parse`] comes before anything is sent, [`Query::apply`] before anything is printed. Pure. The words for
//! the user are in `cli::failure`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jmespath::ast::Ast;
use jmespath::functions::{ArgumentType, CustomFunction, Signature};
use jmespath::{
    Context, DEFAULT_RUNTIME, ErrorReason, Expression, JmespathError, Rcvar, Runtime, RuntimeError, Variable,
};
use serde_json::{Map, Number, Value};

/// Every function of the language.
const FUNCTIONS: [&str; 26] = [
    "abs",
    "avg",
    "ceil",
    "contains",
    "ends_with",
    "floor",
    "join",
    "keys",
    "length",
    "map",
    "max",
    "max_by",
    "merge",
    "min",
    "min_by",
    "not_null",
    "reverse",
    "sort",
    "sort_by",
    "starts_with",
    "sum",
    "to_array",
    "to_number",
    "to_string",
    "type",
    "values",
];

/// Functions that answer whole numbers where Python's do, and floating-point ones in the crate.
const WHOLE: [&str; 3] = ["ceil", "floor", "sum"];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(runtime);

/// An expression that can be applied.
#[derive(Debug, Clone)]
pub struct Query {
    expression: Expression<'static>,
    /// The keys of each `{a: x, b: y}` in it, in the order of the user, by their sorted form.
    orders: BTreeMap<Vec<String>, Vec<String>>,
}

/// Why an expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// It is none.
    #[error("the query cannot be read: {problem}, at column {}\n\n  {expression}\n  {}^", .column + 1, " ".repeat(*.column))]
    Syntax {
        /// What is wrong.
        problem: String,
        /// The line that it is wrong in.
        expression: String,
        /// Characters before the place.
        column: usize,
    },
    /// It fits the language, and not the result.
    #[error("the query cannot be applied to the result: {problem}")]
    Unfit {
        /// What is wrong.
        problem: String,
    },
}

impl Query {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it is none, or uses a function that there is not.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let lenient = || RUNTIME.compile(&with_quoted_literals(text)).ok();
        let expression = RUNTIME
            .compile(text)
            .or_else(|error| lenient().ok_or_else(|| syntax(text, error.offset, problem(&error))))?;
        let mut orders = BTreeMap::new();
        let mut left = vec![expression.as_ast()];
        while let Some(node) = left.pop() {
            match node {
                Ast::Function { offset, name, .. } if !FUNCTIONS.contains(&name.as_str()) => {
                    // The parser counts from the bracket.
                    let at = offset.saturating_sub(name.chars().count());
                    return Err(syntax(text, at, format!("there is no function `{name}`{}", suggestion(name))));
                }
                Ast::MultiHash { elements, .. } => {
                    let keys: Vec<String> = elements.iter().map(|element| element.key.clone()).collect();
                    let mut sorted = keys.clone();
                    sorted.sort();
                    // Outer ones are met first, and it is their order that is seen.
                    orders.entry(sorted).or_insert(keys);
                }
                _ => {}
            }
            left.extend(children(node));
        }
        Ok(Self { expression, orders })
    }

    /// What it picks out, keys sorted; null where it picks nothing.
    ///
    /// # Errors
    /// When a function in it is given what it does not take.
    pub fn apply(&self, result: Value) -> Result<Value, QueryError> {
        let unfit = |problem| QueryError::Unfit { problem };
        let found = self.expression.search(result).map_err(|error| unfit(problem(&error)))?;
        serde_json::to_value(&*found).map_err(|error| unfit(error.to_string()))
    }

    /// The same value with the keys that the user chose in the user's order, for formats that show it.
    #[must_use]
    pub fn in_order(&self, value: Value) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(|item| self.in_order(item)).collect(),
            Value::Object(fields) => {
                let mut keys: Vec<String> = fields.keys().cloned().collect();
                keys.sort();
                let keys = self.orders.get(&keys).unwrap_or(&keys);
                let mut fields = fields;
                let ordered = keys.iter().filter_map(|key| {
                    let value = fields.remove(key)?;
                    Some((key.clone(), self.in_order(value)))
                });
                Value::Object(ordered.collect::<Map<_, _>>())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        }
    }
}

fn syntax(text: &str, offset: usize, problem: String) -> QueryError {
    let before: String = text.chars().take(offset).collect();
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let expression = text.split('\n').nth(line).unwrap_or_default().replace(char::is_control, " ");
    QueryError::Syntax { problem, expression, column }
}

fn problem(error: &JmespathError) -> String {
    match &error.reason {
        ErrorReason::Parse(problem) if problem.ends_with("Eof") => "it ends too early".to_owned(),
        ErrorReason::Parse(problem) if ["Unexpected", "Did not"].iter().any(|word| problem.starts_with(word)) => {
            "this does not belong here".to_owned()
        }
        ErrorReason::Parse(problem) => lowered(problem.split(" -- ").next().unwrap_or_default()),
        ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position }) => {
            format!("argument {} of a function is of the type {actual}, not {expected}", position + 1)
        }
        ErrorReason::Runtime(problem) => lowered(&problem.to_string()),
    }
}

fn lowered(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

fn suggestion(name: &str) -> String {
    let near = FUNCTIONS.iter().map(|known| (strsim::jaro_winkler(known, name), known));
    let best = near.filter(|(nearness, _)| *nearness > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or_else(String::new, |(_, known)| format!("; did you mean `{known}`?"))
}

fn children(node: &Ast) -> Vec<&Ast> {
    match node {
        Ast::Identity { .. } | Ast::Field { .. } | Ast::Index { .. } | Ast::Literal { .. } | Ast::Slice { .. } => {
            vec![]
        }
        Ast::Expref { ast, .. } => vec![ast],
        Ast::Flatten { node, .. } | Ast::Not { node, .. } | Ast::ObjectValues { node, .. } => vec![node],
        Ast::Condition { predicate, then, .. } => vec![predicate, then],
        Ast::Function { args, .. } => args.iter().collect(),
        Ast::MultiList { elements, .. } => elements.iter().collect(),
        Ast::MultiHash { elements, .. } => elements.iter().map(|element| &element.value).collect(),
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => vec![lhs, rhs],
    }
}

fn runtime() -> Runtime {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    for name in WHOLE {
        // The function that is called checks what it is given.
        let signature = Signature::new(vec![ArgumentType::Any], None);
        let whole = move |arguments: &[Rcvar], context: &mut Context<'_>| {
            let builtin = DEFAULT_RUNTIME.get_function(name).expect("it is one of the language");
            let found = builtin.evaluate(arguments, context)?;
            Ok(if name != "sum" || arguments[0].as_array().is_some_and(|items| items.iter().all(is_whole)) {
                Rcvar::new(rounded(&found))
            } else {
                found
            })
        };
        runtime.register_function(name, Box::new(CustomFunction::new(signature, Box::new(whole))));
    }
    runtime
}

fn is_whole(item: &Rcvar) -> bool {
    matches!(&**item, Variable::Number(number) if !number.is_f64())
}

/// A whole number without its `.0`.
fn rounded(found: &Variable) -> Variable {
    match found {
        Variable::Number(number) => {
            let whole: Option<Number> = number.as_f64().and_then(|number| format!("{number:.0}").parse().ok());
            Variable::Number(whole.unwrap_or_else(|| number.clone()))
        }
        other => other.clone(),
    }
}

/// Literals that are no JSON as texts: jmespath.py, and so `az`, takes `` `failed` `` for `` `"failed"` ``.
fn with_quoted_literals(text: &str) -> String {
    let (mut out, mut quote, mut literal) = (String::new(), None, None::<String>);
    for sign in text.chars() {
        match (&mut literal, quote, sign) {
            (Some(content), _, '`') => {
                let is_json = serde_json::from_str::<Value>(content).is_ok();
                let content = if is_json { content.clone() } else { Value::from(content.trim_start()).to_string() };
                out.push_str(&format!("`{content}`"));
                literal = None;
            }
            (Some(content), _, sign) => content.push(sign),
            (None, None, '`') => literal = Some(String::new()),
            (None, None, '\'' | '"') => {
                quote = Some(sign);
                out.push(sign);
            }
            (None, open, sign) => {
                if open == Some(sign) {
                    quote = None;
                }
                out.push(sign);
            }
        }
    }
    out.push_str(&literal.map(|content| format!("`{content}")).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(query: &str, result: Value) -> Value {
        Query::parse(query).expect("a query").apply(result).expect("a value")
    }

    fn refused(query: &str) -> String {
        Query::parse(query).expect_err("an error").to_string()
    }

    #[test]
    fn something_is_picked_out() {
        let jobs = json!([{"name": "a", "nodes": 2, "port": 50000.0}, {"name": "b", "nodes": 1, "port": null}]);
        assert_eq!(found("[?nodes > `1`].name | [0]", jobs.clone()), json!("a"));
        assert_eq!(found("[].port", jobs.clone()).to_string(), "[50000.0]");
        assert_eq!(found("[0].nothing", jobs.clone()), Value::Null);
        assert_eq!(found("sort_by(@, &nodes)[].name", jobs), json!(["b", "a"]));
    }

    #[test]
    fn a_literal_that_is_no_json_is_a_text_as_for_az() {
        let jobs = json!([{"name": "a", "state": "failed"}, {"name": "b`", "state": "running"}]);
        assert_eq!(found("[?state==`failed`].name", jobs.clone()), json!(["a"]));
        assert_eq!(found("[?state==`failed` && name=='b`'].name", jobs.clone()), json!([]));
        assert_eq!(found("[?name=='b`' || state==`failed`] | length(@)", jobs), json!(2));
        assert!(refused("[?state==`failed]").contains("cannot be read"));
    }

    #[test]
    fn whole_numbers_stay_whole() {
        let result = json!({"nodes": [1, 2], "loads": [0.5, 1.5]});
        assert_eq!(found("sum(nodes)", result.clone()).to_string(), "3");
        assert_eq!(found("sum(loads)", result.clone()).to_string(), "2.0");
        assert_eq!(found("floor(avg(nodes))", result.clone()).to_string(), "1");
        assert_eq!(found("length(nodes)", result).to_string(), "2");
    }

    #[test]
    fn keys_that_the_user_chose_keep_the_users_order_and_others_are_sorted() {
        let query = Query::parse("[].{State: state, Name: name, more: {b: b, a: a}, all: all}").expect("a query");
        let result = json!([{"state": "s", "name": "n", "a": 1, "b": 2, "all": {"z": 1, "y": 2}}]);
        let picked = query.apply(result).expect("a value");
        assert_eq!(picked.to_string(), r#"[{"Name":"n","State":"s","all":{"y":2,"z":1},"more":{"a":1,"b":2}}]"#);
        let shown = query.in_order(picked).to_string();
        assert_eq!(shown, r#"[{"State":"s","Name":"n","more":{"b":2,"a":1},"all":{"y":2,"z":1}}]"#);
    }

    #[test]
    fn a_mistake_is_shown_at_its_place() {
        insta::assert_snapshot!(refused("[?name ==].name"), @r"
        the query cannot be read: this does not belong here, at column 10

          [?name ==].name
                   ^
        ");
        insta::assert_snapshot!(refused("[].{name: name"), @r"
        the query cannot be read: it ends too early, at column 15

          [].{name: name
                        ^
        ");
        insta::assert_snapshot!(refused("[].name | lenght(@)"), @r"
        the query cannot be read: there is no function `lenght`; did you mean `length`?, at column 11

          [].name | lenght(@)
                    ^
        ");
        insta::assert_snapshot!(refused("a\nb ] c"), @r"
        the query cannot be read: this does not belong here, at column 1

          b ] c
          ^
        ");
        assert!(refused("").starts_with("the query cannot be read: it ends too early"));
    }

    #[test]
    fn a_function_that_is_given_something_else_says_what() {
        let query = Query::parse("length(nodeCount)").expect("a query");
        let error = query.apply(json!({"nodeCount": 1})).expect_err("an error").to_string();
        assert!(
            error.starts_with(
                "the query cannot be applied to the result: argument 1 of a function is of the type number"
            ),
            "{error}"
        );
        let query = Query::parse("sum(@)").expect("a query");
        query.apply(json!("x")).expect_err("not an array");
        let query = Query::parse("sum()").expect("a query");
        query.apply(json!("x")).expect_err("no argument");
    }

    #[test]
    fn every_function_of_the_language_is_known() {
        for name in FUNCTIONS {
            assert!(RUNTIME.get_function(name).is_some(), "{name}");
        }
    }
}
