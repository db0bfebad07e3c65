;; tries: trap before anything is asked of it
;; expect: refused: it does not start: it trapped
(func $start unreachable) (start $start)
