;; tries: read beyond what 32 bits address
;; expect: error: it trapped: it reached beyond its memory
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.load offset=0xffffffff (i32.const -1)))
