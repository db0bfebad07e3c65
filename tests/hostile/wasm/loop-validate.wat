;; tries: loop where its settings are validated
;; expect: refused: it cannot validate its settings: stopped after
(func (export "herald:policy/hooks@1.0.0#validate-settings") (param i32 i32) (result i32) (loop $l (br $l)) (i32.const 0))
