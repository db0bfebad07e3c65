;; tries: begin with data beyond its memory
;; expect: refused: it does not start: it trapped: it reached beyond its memory
(memory (export "memory") 1) (data (i32.const 65535) "xx")
