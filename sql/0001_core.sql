-- The system tables.  Every table names its charset and collation: server defaults differ.
-- Ids are UUIDv7.  Times are UTC.

CREATE TABLE IF NOT EXISTS coffer_counter (
  name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  value BIGINT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

INSERT IGNORE INTO coffer_counter (name, value) VALUES ('workspace', 0);

CREATE TABLE IF NOT EXISTS coffer_user (
  id UUID NOT NULL PRIMARY KEY,
  email VARCHAR(191) NOT NULL,
  name VARCHAR(120) NOT NULL DEFAULT '',
  password_hash VARCHAR(191) CHARACTER SET ascii COLLATE ascii_bin NULL,
  is_operator BOOLEAN NOT NULL DEFAULT FALSE,
  active_workspace_id UUID NULL,
  attributes LONGTEXT NULL,
  failed_sign_ins INT UNSIGNED NOT NULL DEFAULT 0,
  locked_until DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY email (email)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS coffer_workspace (
  id UUID NOT NULL PRIMARY KEY,
  no INT UNSIGNED NOT NULL,
  slug VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(60) NOT NULL,
  project VARCHAR(60) NULL,
  branch VARCHAR(60) NULL,
  env VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'production',
  mark VARCHAR(16) NULL,
  color VARCHAR(32) NULL,
  is_protected BOOLEAN NOT NULL DEFAULT FALSE,
  epoch BIGINT UNSIGNED NOT NULL DEFAULT 1,
  last_collection_no INT UNSIGNED NOT NULL DEFAULT 0,
  created_by UUID NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY no (no),
  UNIQUE KEY slug (slug)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS coffer_member (
  user_id UUID NOT NULL,
  workspace_id UUID NOT NULL,
  role VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'member',
  status VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'active',
  last_seen_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (user_id, workspace_id),
  KEY workspace_id (workspace_id),
  CONSTRAINT member_user FOREIGN KEY (user_id) REFERENCES coffer_user (id) ON DELETE CASCADE,
  CONSTRAINT member_workspace FOREIGN KEY (workspace_id) REFERENCES coffer_workspace (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS coffer_role (
  id UUID NOT NULL PRIMARY KEY,
  workspace_id UUID NOT NULL,
  name VARCHAR(64) NOT NULL,
  description VARCHAR(500) NULL,
  is_admin BOOLEAN NOT NULL DEFAULT FALSE,
  is_system BOOLEAN NOT NULL DEFAULT FALSE,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY name (workspace_id, name),
  CONSTRAINT role_workspace FOREIGN KEY (workspace_id) REFERENCES coffer_workspace (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS coffer_user_role (
  user_id UUID NOT NULL,
  role_id UUID NOT NULL,
  workspace_id UUID NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (user_id, workspace_id, role_id),
  KEY role_id (role_id),
  CONSTRAINT user_role_user FOREIGN KEY (user_id) REFERENCES coffer_user (id) ON DELETE CASCADE,
  CONSTRAINT user_role_role FOREIGN KEY (role_id) REFERENCES coffer_role (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS coffer_collection (
  id UUID NOT NULL PRIMARY KEY,
  workspace_id UUID NOT NULL,
  no INT UNSIGNED NOT NULL,
  slug VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  singular VARCHAR(120) NULL,
  plural VARCHAR(120) NULL,
  note TEXT NULL,
  display_template VARCHAR(500) NULL,
  owner_scoped BOOLEAN NOT NULL DEFAULT FALSE,
  tenant_scoped BOOLEAN NOT NULL DEFAULT TRUE,
  versioned BOOLEAN NOT NULL DEFAULT FALSE,
  vectorize BOOLEAN NOT NULL DEFAULT FALSE,
  vectorize_model VARCHAR(64) NULL,
  default_sort VARCHAR(255) NULL,
  indexes LONGTEXT NULL,
  last_field_no INT UNSIGNED NOT NULL DEFAULT 0,
  last_index_no INT UNSIGNED NOT NULL DEFAULT 0,
  adopted BOOLEAN NOT NULL DEFAULT FALSE,
  physical_table VARCHAR(64) NULL,
  pk_column VARCHAR(64) NULL,
  created_at_column VARCHAR(64) NULL,
  updated_at_column VARCHAR(64) NULL,
  owner_id_column VARCHAR(64) NULL,
  status VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'active',
  archived_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  UNIQUE KEY slug (workspace_id, slug),
  UNIQUE KEY no (workspace_id, no),
  CONSTRAINT collection_workspace FOREIGN KEY (workspace_id) REFERENCES coffer_workspace (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS coffer_field (
  id UUID NOT NULL PRIMARY KEY,
  collection_id UUID NOT NULL,
  no INT UNSIGNED NOT NULL,
  position INT UNSIGNED NOT NULL,
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  type VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  to_collection_id UUID NULL,
  definition LONGTEXT NOT NULL,
  physical_column VARCHAR(64) NULL,
  UNIQUE KEY name (collection_id, name),
  UNIQUE KEY no (collection_id, no),
  KEY to_collection_id (to_collection_id),
  CONSTRAINT field_collection FOREIGN KEY (collection_id) REFERENCES coffer_collection (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- collection_id NULL: the system collection in system_name, or every collection ('*').
-- field_ids: JSON array of field ids, NULL for all fields.  rule: the condition as it was given.
CREATE TABLE IF NOT EXISTS coffer_grant (
  id UUID NOT NULL PRIMARY KEY,
  workspace_id UUID NOT NULL,
  role_id UUID NOT NULL,
  collection_id UUID NULL,
  system_name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  action VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  rule LONGTEXT NULL,
  field_ids LONGTEXT NULL,
  presets LONGTEXT NULL,
  created_at DATETIME(6) NOT NULL,
  KEY workspace_id (workspace_id),
  CONSTRAINT grant_role FOREIGN KEY (role_id) REFERENCES coffer_role (id) ON DELETE CASCADE,
  CONSTRAINT grant_collection FOREIGN KEY (collection_id) REFERENCES coffer_collection (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- hash: SHA-256 of the 64 hexadecimal digits.  mcp_tools: JSON array of names, NULL unrestricted.
CREATE TABLE IF NOT EXISTS coffer_api_key (
  id UUID NOT NULL PRIMARY KEY,
  workspace_id UUID NOT NULL,
  user_id UUID NOT NULL,
  role_id UUID NULL,
  prefix CHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hash BINARY(32) NOT NULL,
  name VARCHAR(120) NOT NULL,
  mcp_tools LONGTEXT NULL,
  mcp_read_only BOOLEAN NOT NULL DEFAULT FALSE,
  expires_at DATETIME(6) NULL,
  revoked_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY hash (hash),
  KEY workspace_id (workspace_id),
  KEY user_id (user_id),
  CONSTRAINT api_key_user FOREIGN KEY (user_id) REFERENCES coffer_user (id) ON DELETE CASCADE,
  CONSTRAINT api_key_workspace FOREIGN KEY (workspace_id) REFERENCES coffer_workspace (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Apart from the key, so that noting a use never waits for a change of the key.
CREATE TABLE IF NOT EXISTS coffer_api_key_use (
  key_id UUID NOT NULL PRIMARY KEY,
  last_used_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS coffer_session (
  id UUID NOT NULL PRIMARY KEY,
  hash BINARY(32) NOT NULL,
  user_id UUID NOT NULL,
  workspace_id UUID NULL,
  ip VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NULL,
  user_agent VARCHAR(255) NULL,
  expires_at DATETIME(6) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY hash (hash),
  KEY user_id (user_id),
  KEY expires_at (expires_at),
  CONSTRAINT session_user FOREIGN KEY (user_id) REFERENCES coffer_user (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Attempts per bucket ("sign-in:<address>") and minute.
CREATE TABLE IF NOT EXISTS coffer_throttle (
  bucket VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  minute BIGINT UNSIGNED NOT NULL,
  attempts INT UNSIGNED NOT NULL,
  PRIMARY KEY (bucket, minute),
  KEY minute (minute)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS coffer_setting (
  workspace_id UUID NOT NULL,
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value LONGTEXT NOT NULL,
  PRIMARY KEY (workspace_id, name),
  CONSTRAINT setting_workspace FOREIGN KEY (workspace_id) REFERENCES coffer_workspace (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS coffer_activity (
  id UUID NOT NULL PRIMARY KEY,
  workspace_id UUID NULL,
  user_id UUID NULL,
  key_id UUID NULL,
  face VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tool VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  action VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  collection VARCHAR(64) NULL,
  item_id VARCHAR(191) NULL,
  outcome VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ip VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NULL,
  user_agent VARCHAR(255) NULL,
  payload LONGTEXT NULL,
  response LONGTEXT NULL,
  duration_ms INT UNSIGNED NULL,
  created_at DATETIME(6) NOT NULL,
  KEY workspace_time (workspace_id, created_at),
  KEY created_at (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The first answer to a write with an idempotency key; caller: the user and key in one hash.
CREATE TABLE IF NOT EXISTS coffer_idempotency (
  caller BINARY(32) NOT NULL,
  idempotency_key VARCHAR(255) NOT NULL,
  request_hash BINARY(32) NOT NULL,
  is_error BOOLEAN NOT NULL DEFAULT FALSE,
  answer LONGTEXT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (caller, idempotency_key),
  KEY created_at (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What cannot be one transaction: intent before, outcome after; open entries are reconciled at start.
CREATE TABLE IF NOT EXISTS coffer_journal (
  id UUID NOT NULL PRIMARY KEY,
  workspace_id UUID NOT NULL,
  user_id UUID NULL,
  key_id UUID NULL,
  face VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  operation VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  collection_id UUID NULL,
  payload LONGTEXT NOT NULL,
  state VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'open',
  holder VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) NULL,
  KEY state (state, expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Who owns a row of an adopted collection that has no owner column.
CREATE TABLE IF NOT EXISTS coffer_item_owner (
  collection_id UUID NOT NULL,
  item_id VARCHAR(191) NOT NULL,
  owner_id UUID NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (collection_id, item_id),
  CONSTRAINT item_owner_collection FOREIGN KEY (collection_id) REFERENCES coffer_collection (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
