/**
 * References in main.cf and what becomes of them: checked against ours and,
 * where it is installed, against Postfix itself.
 */

/** The parameters that EXPANSIONS refer to. */
export const SET = 'name1 = name1-value\nempty =\nnested = <$name1>\nlevel = 3.6\n';

/** A value, and what it expands to. */
export const EXPANSIONS: readonly (readonly [string, string])[] = [
  ['plain', 'plain'],
  ['$name1', 'name1-value'],
  ['${name1}, $(name1), ${ name1 }, $( name1)', 'name1-value, name1-value, name1-value, name1-value'],
  ['a$name1.b/${name1}c', 'aname1-value.b/name1-valuec'],
  ['$nested${nested}', '<name1-value><name1-value>'],
  ['$empty.', '.'],
  ['$$name1 $$ a$$', '$name1 $ a$'],
  ['$$$name1', '$name1-value'],
  // A value that is there and not empty, or not.
  ['${name1?set} ${empty?set} ${nonesuch?set}.', 'set  .'],
  ['${name1:unset} ${empty:unset} ${nonesuch:unset}', ' unset unset'],
  ['${name1?a $name1 b}', 'a name1-value b'],
  ['${name1?{yes}:{no}} ${empty?{yes}:{no}}', 'yes no'],
  ['${name1 ? {yes} : {no}} ${ empty?{yes} :{no} }', 'yes no'],
  ['${name1?{yes}}${empty:{no}}${empty?{yes}}', 'yesno'],
  ['${empty?{yes}: no}', ' no'],
  ['${name1? {a} }', 'a'],
  ['${name1?{ a }}', ' a '],
  ['${name1? a}', ' a'],
  // Without braces around it, all that follows is text, as before Postfix 3.0.
  ['${name1?bug:test} ${name1??bug} ${empty::bug}', 'bug:test ?bug :bug'],
  ['${name1?x{yes}:{no}}', 'x{yes}:{no}'],
  ['$(name1?{yes}:{no})', 'yes'],
  ['$(name1?a}b)', 'a}b'],
  // Comparisons.
  ['${{$name1} == {name1-value} ? {yes} : {no}}', 'yes'],
  ['${{$name1} != {name1-value} ? {yes} : {no}}', 'no'],
  ['${{$name1}=={name1-value}?{yes}:{no}}', 'yes'],
  ['${ {a} < {b} ? {yes} }', 'yes'],
  ['${{a} < {b}} ${{b} < {a}}.', 'true .'],
  ['${{a} == {a}:unequal}.', '.'],
  ['${{9} < {10} ? {number} : {text}}', 'number'],
  ['${{9x} < {10x} ? {number} : {text}}', 'text'],
  ['${{007} == {7} ? {number} : {text}}', 'number'],
  ['${{} == {$empty} ? {yes} : {no}}', 'yes'],
  ['${{a} <= {a}}${{a} >= {a}}${{b} > {a}}${{a} > {b}}', 'truetruetrue'],
  ['${{A} < {a}}', 'true'],
  ['${{\u{ff5e}} < {\u{1f600}} ? {bytes} : {units}}', 'bytes'],
  ['${{${{a} == {a} ? {b}}} == {b} ? {yes}}', 'yes'],
  ['${{ a} == {a} ? {yes} : {no}}', 'no'],
  // Compatibility levels.
  ['${{$level} <level {3.10} ? {older} : {newer}}', 'older'],
  ['${{$level} < {3.10} ? {older} : {newer}}', 'newer'],
  ['${{3} ==level {3.0.0}}${{3.6} !=level {3.6.1}}${{4} >level {3.1023}}', 'truetruetrue'],
  ['${{$level} >=level {3.6}}${{$level} <=level {3.6}}', 'truetrue'],
];

/** A name, and a main.cf whose parameter x Postfix expands with a doubt of ours. */
export const DOUBTS: readonly (readonly [string, string])[] = [
  ['an unknown name', 'x = $mynetwork, ${mynetwork}\nmynetworks = 10.0.0.0/8'],
  ['a name nothing is like', 'x = ${{$nonesuch} == {} ? {a}}'],
];

/** A name, and a main.cf whose parameter x Postfix refuses to expand. */
export const MISTAKES: readonly (readonly [string, string])[] = [
  ['a parenthesis that stays open', 'x = a $(b'],
  ['a brace that stays open', 'x = ${b?{c}'],
  ['a brace that stays open within parentheses', 'x = $(b?{c)'],
  ['no name', 'x = a $ b'],
  ['no name in braces', 'x = a ${} b'],
  ['a dollar at the end', 'x = a$'],
  ['two names', 'x = ${na me}'],
  ['a hyphen', 'x = ${my-name}'],
  ['a comparison without braces', 'x = ${b == c ? d}'],
  ['a reference where a name belongs', 'x = ${$b == {c} ? {d}}'],
  ['a function', 'x = ${b{c}}'],
  ['one equals sign', 'x = ${{b} = {c}}'],
  ['no operator', 'x = ${{b}}'],
  ['an unknown kind of comparison', 'x = ${{b} ==length {c}}'],
  ['no right-hand side', 'x = ${{b} == c ? {d}}'],
  ['garbage after the comparison', 'x = ${{b} == {b} {d}}'],
  ['garbage after the first alternative', 'x = ${{b} == {b} ? {d} e}'],
  ['garbage after the second alternative', 'x = ${{b} == {b} ? {d} : {e} f}'],
  ['what is no compatibility level', 'x = ${{3.x} <level {3.6} ? {d}}'],
  ['a compatibility level out of range', 'x = ${{3.1024} <level {3.6} ? {d}}'],
  ['a number out of range', 'x = ${{9223372036854775808} < {1} ? {d}}'],
  ['a reference to itself', 'x = a $x'],
  ['a circle', 'x = $a\na = ${b}\nb = c, ${a:d}, $(a)'],
  ['a circle through a comparison', 'x = $a\na = ${{$x} == {} ? {b}}'],
];
