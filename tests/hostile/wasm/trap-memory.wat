;; tries: read beyond its memory
;; expect: error: it trapped: it reached beyond its memory
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.load (i32.const 0x7ffffff0)))
