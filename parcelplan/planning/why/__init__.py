"""Why a plan is as it is: what each transfer and work waited for, back to the start, and with how much slack."""
