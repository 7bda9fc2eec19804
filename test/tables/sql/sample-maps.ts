/** Tables, map files and search strings that every SQL database must answer as Postfix's client of it does. */

/** PostfixAdmin's tables, as far as guides use them; in the SQL that all three databases speak. */
export const SAMPLE_TABLES = `
CREATE TABLE domain (domain VARCHAR(255), backupmx INT, active INT);
CREATE TABLE alias (address VARCHAR(255), goto VARCHAR(255), active INT);
CREATE TABLE mailbox (username VARCHAR(255), maildir VARCHAR(255), quota BIGINT, active INT);
INSERT INTO domain VALUES ('example.test', 0, 1), ('backup.test', 1, 1), ('old.test', 0, 0);
INSERT INTO alias VALUES ('info@example.test', 'alice@example.test', 1), ('info@example.test', 'bob@example.test', 1);
INSERT INTO alias VALUES ('root@example.test', 'alice@example.test', 1), ('@example.test', 'catch', 1);
INSERT INTO alias VALUES ('empty@example.test', '', 1), ('null@example.test', NULL, 1), ('plain', 'user@plain.test', 1);
INSERT INTO alias VALUES ('o''neill@example.test', 'quote', 1), ('"a b"@example.test', 'blank', 1);
INSERT INTO alias VALUES ('100%@example.test', 'percent', 1), ('x@sub.example.test', 'at@b@c', 1), ('odd@example.test', '@odd', 1);
INSERT INTO mailbox VALUES ('alice@example.test', 'example.test/alice/', 524288000, 1), ('bob@example.test', 'example.test/bob/', 0, 1);
`;

export const SAMPLE_MAPS: readonly string[] = [
  "query = SELECT goto FROM alias WHERE address = '%s'",
  "query = SELECT goto FROM alias WHERE address = '%s' AND active = 1\nresult_format = <%s>",
  "query = SELECT goto FROM alias WHERE address = '%s'\nresult_format = %u at %d",
  "query = SELECT goto FROM alias WHERE address = '%s'\nresult_format = %s for %S, %U, %D",
  "query = SELECT goto FROM alias WHERE address = '%s'\nresult_format = %1/%2/100%%",
  "query = SELECT goto FROM alias WHERE address = '%u@%d'",
  "query = SELECT goto FROM alias WHERE address = '@%d'",
  "query = SELECT goto FROM alias WHERE address = '%U@%2.%1'",
  "query = SELECT '%3'",
  "query = SELECT goto FROM alias WHERE address LIKE '%%%u%%' ORDER BY address, goto",
  "query = SELECT goto FROM alias WHERE address = '%s' ORDER BY goto\nexpansion_limit = 1",
  "query = SELECT goto FROM alias WHERE address = '%s' ORDER BY goto\nexpansion_limit = 2",
  "query = SELECT goto FROM alias WHERE address = '%s'\ndomain = example.test, !sub.example.test",
  "query = SELECT goto FROM alias WHERE address = '%s'\ndomain = inline:{sub.example.test=x} old.test",
  "query = SELECT goto FROM alias WHERE address = '%s' OR address = 'plain'\ndomain = !example.test static:all",
  'table = mailbox\nselect_field = maildir\nwhere_field = username',
  'table = mailbox\nselect_field = quota\nwhere_field = username\nadditional_conditions = and active = 1',
  "table = domain\nselect_field = domain\nwhere_field = domain\nadditional_conditions = and backupmx = '0' and active = '1'",
  "query = SELECT quota + 0.5 FROM mailbox WHERE username = '%s'",
  "query = SELECT NULL WHERE '%s' = ''",
];

export const AWKWARD_KEYS: readonly string[] = [
  'info@example.test',
  'INFO@Example.TEST',
  'root@example.test',
  'empty@example.test',
  'null@example.test',
  'odd@example.test',
  'plain',
  'alice@example.test',
  'bob@example.test',
  "o'neill@example.test",
  '"a b"@example.test',
  '100%@example.test',
  'x@sub.example.test',
  'example.test',
  'backup.test',
  'old.test',
  '@example.test',
  'user@',
  'user@.',
  'user@a..b',
  'user@.a.b.',
  '@',
  'a@b@example.test',
  "' OR '1'='1",
  "x' OR 1=1 -- @example.test",
  "\\' OR 1=1 -- @example.test",
  '\\',
  'a\\b@example.test',
  'é@example.test',
  'É@example.test',
  '%s@example.test',
  '192.0.2.1',
];
