"""Foster carers: the register, its places and the vacancies an authority shares."""
